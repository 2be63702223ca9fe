// A service of nats.java, and a client of it that asks ours: see ../README.md for what it says.

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import io.nats.client.api.PublishAck;
import io.nats.client.support.Encoding;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.nats.service.Discovery;
import io.nats.service.Endpoint;
import io.nats.service.EndpointStats;
import io.nats.service.Group;
import io.nats.service.InfoResponse;
import io.nats.service.PingResponse;
import io.nats.service.Service;
import io.nats.service.ServiceEndpoint;
import io.nats.service.ServiceMessageHandler;
import io.nats.service.StatsResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

public final class Peer {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private final Connection connection;

    private Peer(Connection connection) {
        this.connection = connection;
    }

    public static void main(String[] arguments) throws Exception {
        Peer peer = new Peer(Nats.connect(arguments[1]));
        if (arguments[0].equals("service")) {
            peer.serve();
            return;
        }
        int code = 0;
        for (int i = 2; i < arguments.length; ++i) {
            Map<String, Object> line = of("check", arguments[i]);
            try {
                line.put("got", peer.check(arguments[i]));
            } catch (Exception thrown) {
                line.put("failed", thrown.toString());
                code = 1;
            }
            System.out.println(json(line));
        }
        peer.connection.close();
        System.exit(code);
    }

    private void serve() throws Exception {
        Service service = Service.builder().connection(connection).name("PeerJava").version("1.0.0")
            .description("a peer in java").metadata(Map.of("language", "java"))
            .addServiceEndpoint(endpoint("echo", m -> m.respond(connection, m.getData())).build())
            .addServiceEndpoint(endpoint("add", m -> {
                JsonValue given = JsonParser.parseUnchecked(m.getData());
                int sum = JsonValueUtils.readInteger(given, "a", 0) + JsonValueUtils.readInteger(given, "b", 0);
                m.respond(connection, json(of("sum", sum)));
            }).endpointMetadata(Map.of("form", "json")).build())
            .addServiceEndpoint(endpoint("fail", m -> m.respondStandardError(connection, "no such thing", 404))
                .endpointQueueGroup("failures").build())
            .build();
        var ended = service.startService();
        connection.flush(PATIENCE);
        System.out.println("READY");
        ended.get();
    }

    private static ServiceEndpoint.Builder endpoint(String name, ServiceMessageHandler handler) {
        return ServiceEndpoint.builder().group(new Group("peer")).endpointName(name).handler(handler);
    }

    private Map<String, Object> check(String name) throws Exception {
        switch (name) {
            case "ping": return ping();
            case "info": return info();
            case "stats": return stats();
            case "endpoint": return of("body", text(ask("echo", "hello")));
            case "typed":
                JsonValue reply = JsonParser.parse(ask("add", json(of("a", 2, "b", 3))).getData());
                return of("sum", JsonValueUtils.readInteger(reply, "sum"));
            case "error": return error();
            case "event":
                connection.publish("note", bytes("published"));
                return of("body", text(ask("note", "asked")));
            case "work": return work();
            case "stream": return stream();
            default: throw new IllegalArgumentException("no check " + name);
        }
    }

    private Discovery discovery() {
        return new Discovery(connection, PATIENCE.toMillis(), 1);
    }

    private Map<String, Object> ping() {
        PingResponse ping = discovery().ping("Mote").get(0);
        return of("type", ping.getType(), "name", ping.getName(), "version", ping.getVersion(), "id", ping.getId(),
            "metadata", ping.getMetadata());
    }

    private Map<String, Object> info() {
        InfoResponse info = discovery().info("Mote").get(0);
        Map<String, Object> endpoints = of();
        for (Endpoint e : info.getEndpoints()) {
            Map<String, String> metadata = e.getMetadata();
            String kind = metadata == null ? "" : metadata.getOrDefault("mote.kind", "");
            endpoints.put(e.getName(),
                of("subject", e.getSubject(), "queue_group", e.getQueueGroup(), "kind", kind));
        }
        return of("type", info.getType(), "description", info.getDescription(), "endpoints", endpoints);
    }

    private Map<String, Object> stats() {
        StatsResponse stats = discovery().stats("Mote").get(0);
        Map<String, Object> endpoints = of();
        for (EndpointStats e : stats.getEndpointStatsList()) {
            endpoints.put(e.getName(), of("requests", e.getNumRequests(), "errors", e.getNumErrors(),
                "last_error", e.getLastError() == null ? "" : e.getLastError()));
        }
        return of("type", stats.getType(), "endpoints", endpoints);
    }

    private Map<String, Object> error() throws Exception {
        Message reply = ask("fail", "");
        return of("code", header(reply, "Nats-Service-Error-Code"), "text", header(reply, "Nats-Service-Error"),
            "body", text(reply));
    }

    private Map<String, Object> work() throws Exception {
        connection.publish("jobs.do", bytes("published"));
        PublishAck ack = connection.jetStream().publish("jobs.do", bytes("acknowledged"));
        return of("stream", ack.getStream(), "sequence", ack.getSeqno());
    }

    private Map<String, Object> stream() throws Exception {
        String inbox = connection.createInbox();
        Subscription replies = connection.subscribe(inbox);
        connection.publish("count", inbox, bytes("3"));
        List<String> items = new ArrayList<>();
        for (;;) {
            Message reply = replies.nextMessage(PATIENCE);
            if (reply == null) throw new IllegalStateException("no more replies, and no end");
            String end = header(reply, "Mote-Stream-End");
            if (end != null) return of("items", items, "end", end);
            items.add(header(reply, "Mote-Stream-Seq") + "=" + text(reply));
        }
    }

    private Message ask(String subject, String body) throws Exception {
        Message reply = connection.request(subject, bytes(body), PATIENCE);
        if (reply == null) throw new IllegalStateException("no reply");
        return reply;
    }

    private static Map<String, Object> of(Object... namesAndValues) {
        Map<String, Object> members = new TreeMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) members.put((String) namesAndValues[i], namesAndValues[i + 1]);
        return members;
    }

    /** As JSON. What nats.java has for that writes null for an empty text. */
    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream().map(e -> json(e.getKey()) + ":" + json(e.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> list)
            return list.stream().map(Peer::json).collect(Collectors.joining(",", "[", "]"));
        return value instanceof String text ? "\"" + Encoding.jsonEncode(text) + "\"" : String.valueOf(value);
    }

    private static String header(Message reply, String name) {
        return reply.hasHeaders() ? reply.getHeaders().getFirst(name) : null;
    }

    private static String text(Message reply) {
        return new String(reply.getData(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
