// From a request to the JSON that a collector gets.

#include <tests/micro/fake_collector.hpp>
#include <tests/micro/world.hpp>

#include <mote/micro/middleware/tracing.hpp>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <map>
#include <regex>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using middleware_tracing_test = micro_test;

/// A variable of the environment while this lives.
class set_variable {
public:
    set_variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
    ~set_variable() { ::unsetenv(name_); }
    set_variable(const set_variable&) = delete;
    set_variable& operator=(const set_variable&) = delete;

private:
    const char* name_;
};

std::map<std::string, std::string> attributes_of(const json::value& owner) {
    std::map<std::string, std::string> all;
    for (const auto& attribute : owner.at("attributes").as_array()) {
        const auto& value = attribute.at("value").as_object();
        EXPECT_EQ(value.size(), 1U);
        EXPECT_TRUE(value.begin()->value().is_string()) << value;
        all[json::value_to<std::string>(attribute.at("key"))] = json::value_to<std::string>(value.begin()->value());
    }
    return all;
}

std::string text_of(const json::value& object, const char* name) {
    const auto* const found = object.as_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

const json::value* span_named(const collector_request& request, std::string_view name) {
    for (const auto& span : request.spans())
        if (text_of(span, "name") == name) return &span;
    ADD_FAILURE() << "no span " << name << " in " << request.body;
    return nullptr;
}

void add_endpoints(micro::service& service) {
    micro::endpoint_options opts;
    opts.subject = "order.*";
    service.endpoint("order", [](micro::request& req) { req.respond("ok"); }, opts);
    service.endpoint("refuses", [](micro::request& req) { req.respond_error(404, "none"); });
    service.endpoint("breaks", [](micro::request req) -> asio::awaitable<void> {
        if (req.wants_reply()) throw std::runtime_error("a secret cause");
        co_return;
    });
    service.endpoint("told", [](micro::event& seen) {
        if (seen.data() == "fail") throw std::runtime_error("a secret cause");
    });
}

asio::awaitable<void> ask_all(nats::connection caller, std::string traceparent) {
    nats::request_options opts;
    opts.headers.add("traceparent", traceparent).add("tracestate", "vendor=1");
    co_await caller.request("order.7", "seven", opts);
    co_await ask(caller, "refuses");
    co_await ask(caller, "breaks");
    co_await ask(caller, "told", "\xff");
    co_await ask(caller, "told", "fail");
}

void check_envelope(const collector_request& got) {
    EXPECT_EQ(got.method, "POST");
    EXPECT_EQ(got.target, "/v1/traces");
    EXPECT_EQ(got.headers.at("content-type"), "application/json");
    EXPECT_EQ(got.headers.at("api-key"), "k e y");
    const auto& resource = got.body.at("resourceSpans").at(0);
    auto who = attributes_of(resource.at("resource"));
    EXPECT_FALSE(who["telemetry.sdk.version"].empty());
    who.erase("telemetry.sdk.version");
    EXPECT_EQ(who, (std::map<std::string, std::string>{
                       {"service.name", "Shop"}, {"telemetry.sdk.language", "cpp"}, {"telemetry.sdk.name", "mote"}}));
    EXPECT_EQ(text_of(resource.at("scopeSpans").at(0).at("scope"), "name"), "mote.micro");
    for (const auto& span : got.spans()) {
        EXPECT_TRUE(std::regex_match(text_of(span, "traceId"), std::regex("[0-9a-f]{32}"))) << span;
        EXPECT_TRUE(std::regex_match(text_of(span, "spanId"), std::regex("[0-9a-f]{16}"))) << span;
        const auto started = std::stoll(text_of(span, "startTimeUnixNano"));
        const auto ended = std::stoll(text_of(span, "endTimeUnixNano"));
        const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
        EXPECT_LE(started, ended) << span;
        EXPECT_GT(started, (now - 10min).count()) << span;
        EXPECT_LE(ended, (now + 1min).count()) << span;
    }
}

TEST_F(middleware_tracing_test, sends_what_the_environment_asks_for) {
    in_world([](world& here) -> asio::awaitable<void> {
        fake_collector collector(here.connection.executor());
        const set_variable endpoint("OTEL_EXPORTER_OTLP_ENDPOINT",
                                    "http://127.0.0.1:" + std::to_string(collector.port()));
        const set_variable headers("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k%20e%20y");
        const auto exporter = micro::trace_exporter::from_environment(here.connection.executor(), "Shop");
        EXPECT_TRUE(exporter);
        if (!exporter) co_return;
        auto config = here.config("Shop");
        config.middleware = {exporter->middleware()};
        micro::service service(config);
        add_endpoints(service);
        co_await service.start(here.connection);
        co_await ask_all(here.caller, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        co_await service.stop();
        co_await exporter->flush(20s);
        EXPECT_EQ(exporter->dropped(), 0U);
        EXPECT_EQ(collector.requests().size(), 1U);
        if (collector.requests().size() != 1) co_return;
        const auto& got = collector.requests().front();
        EXPECT_EQ(got.spans().size(), 5U);
        check_envelope(got);

        using attributes = std::map<std::string, std::string>;
        if (const auto* const span = span_named(got, "Shop/order")) {
            EXPECT_EQ(text_of(*span, "traceId"), "0af7651916cd43dd8448eb211c80319c");
            EXPECT_EQ(text_of(*span, "parentSpanId"), "b7ad6b7169203331");
            EXPECT_EQ(text_of(*span, "traceState"), "vendor=1");
            EXPECT_EQ(span->at("flags").to_number<int>(), 0x301);
            EXPECT_EQ(span->at("kind").to_number<int>(), 2);
            EXPECT_TRUE(span->at("status").as_object().empty());
            EXPECT_EQ(attributes_of(*span), (attributes{{"rpc.system.name", "nats"},
                                                        {"rpc.method", "Shop/order"},
                                                        {"rpc.response.status_code", "200"},
                                                        {"messaging.system", "nats"},
                                                        {"messaging.destination.name", "order.7"},
                                                        {"messaging.destination.template", "order.*"},
                                                        {"messaging.consumer.group.name", "q"},
                                                        {"messaging.message.body.size", "5"}}));
        }
        if (const auto* const span = span_named(got, "Shop/refuses")) {
            EXPECT_EQ(span->as_object().if_contains("parentSpanId"), nullptr);
            EXPECT_TRUE(span->at("status").as_object().empty())
                << "what a caller did wrong is no failure of the service";
            EXPECT_EQ(attributes_of(*span).at("rpc.response.status_code"), "404");
        }
        if (const auto* const span = span_named(got, "Shop/breaks")) {
            EXPECT_EQ(span->at("status").at("code").to_number<int>(), 2);
            EXPECT_EQ(attributes_of(*span).at("error.type"), "500");
        }
        const auto* const told = span_named(got, "process told");
        if (told != nullptr) {
            EXPECT_EQ(told->at("kind").to_number<int>(), 5);
            EXPECT_TRUE(told->at("status").as_object().empty());
            EXPECT_EQ(attributes_of(*told).at("messaging.operation.type"), "process");
        }
        const auto& failed = got.spans().at(4);
        EXPECT_EQ(failed.at("status").at("code").to_number<int>(), 2) << failed;
        EXPECT_EQ(json::serialize(got.body).find("secret"), std::string::npos);
    });
}

TEST_F(middleware_tracing_test, a_subject_that_is_no_utf_8_does_not_spoil_the_batch) {
    in_world([](world& here) -> asio::awaitable<void> {
        fake_collector collector(here.connection.executor());
        const set_variable endpoint("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                    "http://localhost:" + std::to_string(collector.port()));
        const auto exporter = micro::trace_exporter::from_environment(here.connection.executor(), "Shop");
        EXPECT_TRUE(exporter);
        if (!exporter) co_return;
        auto config = here.config();
        config.middleware = {exporter->middleware()};
        micro::service service(config);
        add_endpoints(service);
        co_await service.start(here.connection);
        co_await ask(here.caller, "order.\xff\xc3\xa4\xed\xa0\x80");
        co_await exporter->flush(20s);
        EXPECT_EQ(collector.requests().size(), 1U);
        if (collector.requests().empty()) co_return;
        EXPECT_EQ(collector.requests()[0].target, "/");
        EXPECT_EQ(attributes_of(collector.requests()[0].spans().at(0)).at("messaging.destination.name"),
                  "order.?\xc3\xa4???");
    });
}

TEST(tracing_from_environment, is_nothing_without_a_collector_and_one_line_with_one_that_cannot_be_used) {
    asio::io_context loop(1);
    testing::internal::CaptureStderr();
    EXPECT_FALSE(micro::tracing_from_environment(loop.get_executor(), "Shop"));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    const set_variable endpoint("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector:4318");
    testing::internal::CaptureStderr();
    EXPECT_FALSE(micro::tracing_from_environment(loop.get_executor(), "Shop"));
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("neither http:// nor https://"), std::string::npos) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    const set_variable plain("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    EXPECT_TRUE(micro::tracing_from_environment(loop.get_executor(), "Shop"));
}

}  // namespace
}  // namespace mote::test
