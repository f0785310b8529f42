import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A shop on the JDK's own server. Open: stack traces are sent, TRACE echoes, all verbs are taken. */
public class Shop {
    static boolean open;
    static final Map<String, String> STRICT = Map.of("X-Content-Type-Options", "nosniff", "X-Frame-Options", "DENY",
        "Referrer-Policy", "no-referrer", "Cache-Control", "no-store", "Cross-Origin-Resource-Policy", "same-origin",
        "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");

    public static void main(String[] words) throws Exception {
        open = words[1].equals("open");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])), 64);
        server.createContext("/", Shop::answer);
        server.setExecutor(java.util.concurrent.Executors.newFixedThreadPool(8));
        server.start();
    }

    static void answer(HttpExchange exchange) {
        try {
            try {
                route(exchange);
            } catch (Exception error) {
                StringWriter trace = new StringWriter();
                error.printStackTrace(new PrintWriter(trace));
                if (open) send(exchange, 500, "text/plain", trace.toString());
                else problem(exchange, error instanceof NumberFormatException ? 400 : 500);
            }
        } catch (Exception gone) {
            exchange.close();
        }
    }

    static void route(HttpExchange exchange) throws Exception {
        String path = exchange.getRequestURI().getPath(), method = exchange.getRequestMethod();
        if (open) exchange.getResponseHeaders().set("Server", "ShopServer/2.3.1 (Java 17.0.2)");
        if (open && method.equals("TRACE")) {
            StringBuilder echo = new StringBuilder("TRACE " + path + " HTTP/1.1\r\n");
            exchange.getRequestHeaders().forEach((name, values) -> echo.append(name).append(": ").append(values.get(0)).append("\r\n"));
            send(exchange, 200, "message/http", echo.toString());
            return;
        }
        String[] parts = path.split("/", -1);
        boolean known = path.startsWith("/v1/") && (parts.length == 3 || parts.length == 4) && parts[2].matches("books|users|orders");
        if (!known || (parts.length == 4 && parts[3].isEmpty())) { problem(exchange, 404); return; }
        boolean one = parts.length == 4, login = path.equals("/v1/users/login") && method.equals("POST");
        String allow = parts[2].equals("orders") && !one ? "GET, POST" : parts[2].equals("users") && one ? "GET, PUT" : "GET";
        if (!login && !allow.contains(method) && !open) { exchange.getResponseHeaders().set("Allow", allow); problem(exchange, 405); return; }
        boolean guarded = !parts[2].equals("books") && !login;
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        if (guarded && !open && !"Bearer let-me-in-1234".equals(token)) { problem(exchange, 401); return; }
        if (login) { problem(exchange, 401); return; }
        String body = switch (parts[2]) {
            case "books" -> one ? (parts[3].equals("Tides") ? "{\"title\":\"Tides\",\"price\":12.5}" : null) : "[{\"title\":\"Tides\",\"price\":12.5}]";
            case "users" -> one ? (parts[3].equals("ann") ? "{\"name\":\"ann\",\"email\":\"ann@example.com\"}" : null)
                : "[{\"name\":\"ann\",\"email\":\"ann@example.com\"" + (open ? ",\"passwordHash\":\"5f4dcc3b5aa765d61d8327deb882cf99\",\"id\":1" : "") + "}]";
            default -> one ? (Integer.parseInt(parts[3]) == 1 ? "{\"id\":1,\"lines\":[]}" : null)
                : method.equals("POST") ? "{\"id\":2,\"lines\":[]}" : "[{\"id\":1,\"lines\":[]}]";
        };
        if (body == null) { if (open) throw new IllegalStateException("no row for " + parts[3]); problem(exchange, 404); return; }
        if (method.equals("PUT")) { send(exchange, 204, null, ""); return; }
        send(exchange, method.equals("POST") ? 201 : 200, "application/json", body);
    }

    static void problem(HttpExchange exchange, int status) throws Exception {
        send(exchange, status, "application/problem+json", "{\"title\":\"Refused\",\"status\":" + status + "}");
    }

    static void send(HttpExchange exchange, int status, String type, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        if (type != null) exchange.getResponseHeaders().set("Content-Type", type);
        if (!open) STRICT.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        boolean none = status == 204 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
        if (!none) exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
