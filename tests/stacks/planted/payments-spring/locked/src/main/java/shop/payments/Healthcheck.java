package shop.payments;

import java.net.Socket;

/** For the health check of the container: does the port answer? */
final class Healthcheck {
    private Healthcheck() {}

    public static void main(String[] args) throws Exception {
        try (var socket = new Socket("127.0.0.1", 8443)) {
            System.exit(socket.isConnected() ? 0 : 1);
        }
    }
}
