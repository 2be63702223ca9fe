#include <tests/micro/conformance_service.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>

namespace mote::test {
namespace {

namespace asio = boost::asio;

void send_back(micro::request& req) { req.respond(req.data()); }

std::string data_of(const micro::endpoint_info& endpoint) {
    return R"({"endpoint":")" + endpoint.name + R"(","f":1.5,"list":["a","b"],"n":42,"subject":")" + endpoint.subject +
           "\"}";
}

micro::endpoint_options on_subject(std::string subject) {
    micro::endpoint_options opts;
    opts.subject = std::move(subject);
    return opts;
}

micro::endpoint_options in_queue_group(micro::queue_group group) {
    micro::endpoint_options opts;
    opts.queue_group = std::move(group);
    return opts;
}

micro::group_options group_in(micro::queue_group group) {
    micro::group_options opts;
    opts.queue_group = std::move(group);
    return opts;
}

void add_echoes(micro::service& service) {
    service.endpoint("echo", send_back);
    auto g1 = service.group("g1");
    g1.endpoint("plain-in-group", send_back);
    g1.group("sub").endpoint("deep", send_back, on_subject("deep.*.x"));
    auto gq = service.group("gq", group_in("group-q"));
    gq.endpoint("inherit-q", send_back);
    gq.endpoint("override-q", send_back, in_queue_group("own-q"));
    gq.endpoint("disable-q", send_back, in_queue_group(micro::no_queue_group));
    gq.group("nest").endpoint("nested-inherit-q", send_back);
    auto gn = service.group("gn", group_in(micro::no_queue_group));
    gn.endpoint("inherit-noq", send_back);
    gn.endpoint("reenable-q", send_back, in_queue_group("back-q"));
    service.group("").endpoint("in-empty-group", send_back);
    service.endpoint("custom-subject", send_back, on_subject("custom.subject.>"));
    service.endpoint("custom-queue", send_back, in_queue_group("my-queue"));
    service.endpoint("no-queue", send_back, in_queue_group(micro::no_queue_group));
    micro::endpoint_options meta;
    meta.metadata = {{"format", "application/json"}, {"empty", ""}, {"b", "2"}};
    service.endpoint("meta", send_back, meta);
}

/// What the original answers for arguments that are refused, when they are refused here too.
std::string refuse_call(micro::request& req, int status, const char* description, const char* expected) {
    try {
        req.respond_error(status, description);
        return "taken";
    } catch (const std::invalid_argument&) {
        return expected;
    }
}

void add_errors(micro::service& service) {
    service.endpoint("fail", [](micro::request& req) {
        req.respond_error(500, "boom happened", R"({"detail":"x"})", {{"X-Err", "one"}, {"X-Err", "two"}});
    });
    service.endpoint("fail-nodata", [](micro::request& req) { req.respond_error(404, "not found: é"); });
    service.endpoint("fail-override", [](micro::request& req) {
        req.respond_error(400, "orig", {}, {{"Nats-Service-Error-Code", "999"}});
    });
    service.endpoint("fail-newline", [](micro::request& req) { req.respond_error(400, "line1\r\nline2"); });
    service.endpoint("fail-badargs", [](micro::request& req) {
        const auto code = refuse_call(req, 0, "desc", "argument required: error code");
        const auto description = refuse_call(req, 500, "", "argument required: description");
        req.respond(code + "|" + description + "|true|true");
    });
}

void add_answers(micro::service& service, const nats::connection& connection) {
    service.endpoint("silent", [](micro::request&) {});
    service.endpoint("pubonly", [connection](micro::request& req) { connection.publish("ref.events", req.data()); });
    service.endpoint("twice", [](micro::request& req) {
        req.respond("first");
        req.respond("second");
    });
    service.endpoint("err-then-ok", [](micro::request& req) {
        req.respond_error(500, "first error");
        req.respond("then ok");
    });
    service.endpoint("ok-then-err", [](micro::request& req) {
        req.respond("ok first");
        req.respond_error(500, "late error");
    });
    service.endpoint("err-twice", [](micro::request& req) {
        req.respond_error(500, "e1");
        req.respond_error(501, "e2");
    });
    service.endpoint("headers", [](micro::request& req) {
        nats::headers headers{{"Z-Last", "z"}, {"a-lower", "v1"}, {"a-lower", "v2"}, {"Empty", ""}};
        for (const auto& [name, value] : req.headers()) headers.add("Echo-" + std::string(name), value);
        req.respond("with headers", headers);
    });
}

void add_bodies(micro::service& service, std::chrono::milliseconds slow_for) {
    service.endpoint("json", [](micro::request& req) { req.respond(R"({"a":"\u003c\u0026\u003e","n":null,"z":1})"); });
    // The original has something that JSON cannot say, and sends nothing.
    service.endpoint("json-bad", [](micro::request&) {});
    service.endpoint("empty", [](micro::request& req) { req.respond({}); });
    service.endpoint("too-big", [](micro::request& req) { req.respond(std::string(1024 * 1024 + 1, '\0')); });
    service.endpoint("slow", [slow_for](micro::request req) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, slow_for);
        co_await timer.async_wait(asio::use_awaitable);
        req.respond("slow done");
    });
}

}  // namespace

std::unique_ptr<micro::service> conformance_service(const nats::connection& connection,
                                                    std::chrono::milliseconds slow_for) {
    micro::service_config config;
    config.direct = false;  // a subject that nats.go knows nothing of
    config.name = "Conformance";
    config.version = "1.2.3";
    config.description = "Conformance reference service";
    config.metadata = {{"owner", "lab"}, {"zone", "eu-1"}, {"esc", "a<b>&\"é\""}};
    config.stats_handler = data_of;
    config.on_error = [](const micro::failure&) {};  // the tests look at what goes out
    auto service = std::make_unique<micro::service>(std::move(config));
    add_echoes(*service);
    add_errors(*service);
    add_answers(*service, connection);
    add_bodies(*service, slow_for);
    return service;
}

std::unique_ptr<micro::service> minimal_service(const nats::connection&) {
    micro::service_config config;
    config.direct = false;  // a subject that nats.go knows nothing of
    config.name = "min";
    config.version = "0.0.0";
    return std::make_unique<micro::service>(std::move(config));
}

std::unique_ptr<micro::service> cfg_service(const nats::connection&) {
    micro::service_config config;
    config.direct = false;  // a subject that nats.go knows nothing of
    config.name = "cfg";
    config.version = "1.0.0-rc.1+build.5";
    config.queue_group = "svc-q";
    auto service = std::make_unique<micro::service>(std::move(config));
    auto main = on_subject("cfg.main");
    main.metadata = {{"k", "v"}};
    service->endpoint("default", [](micro::request& req) { req.respond("ok"); }, main);
    const auto nothing = [](micro::request&) {};
    service->endpoint("inherit", nothing);
    service->group("grp").endpoint("gi", nothing);
    service->endpoint("inherit", nothing);
    return service;
}

}  // namespace mote::test
