package shop.payments;

import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
@RequestMapping("/v1/payments")
class PaymentController {
    record NewPayment(long amount, String currency) {}

    private final Payments payments;
    private final KafkaTemplate<String, String> events;

    PaymentController(Payments payments, KafkaTemplate<String, String> events) {
        this.payments = payments;
        this.events = events;
    }

    @GetMapping
    List<Payment> all(@AuthenticationPrincipal Jwt caller) {
        return payments.findTop100ByCustomer(caller.getSubject());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Payment add(@RequestBody NewPayment body, @AuthenticationPrincipal Jwt caller) {
        var added = payments.save(new Payment(null, caller.getSubject(), body.amount(), body.currency(), "new"));
        events.send("payments", added.id().toString(), added.state());
        return added;
    }

    @GetMapping("/{id}")
    Payment one(@PathVariable UUID id, @AuthenticationPrincipal Jwt caller) {
        return payments.findByIdAndCustomer(id, caller.getSubject())
            .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }
}
