package shop.payments;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.ListCrudRepository;

interface Payments extends ListCrudRepository<Payment, UUID> {
    List<Payment> findTop100ByCustomer(String customer);

    Optional<Payment> findByIdAndCustomer(UUID id, String customer);
}
