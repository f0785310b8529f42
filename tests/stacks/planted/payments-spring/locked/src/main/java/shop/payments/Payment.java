package shop.payments;

import java.util.UUID;
import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

@Table("payments")
record Payment(@Id UUID id, String customer, long amount, String currency, String state) {}
