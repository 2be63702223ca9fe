// Micro services asked by HTTP, with a real NATS server between.

#include <tests/micro/world.hpp>

#include <mote/gateway/gateway.hpp>
#include <mote/http/client.hpp>
#include <mote/http/server.hpp>
#include <mote/micro.hpp>
#include <mote/micro/deadline.hpp>

#include <array>
#include <boost/describe.hpp>
#include <boost/json.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace json = boost::json;

struct sum_request {
    int a = 0;
    std::optional<double> b;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(sum_request, (), (a, b, note))

struct sum_reply {
    double sum = 0;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(sum_reply, (), (sum, note))

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 4> odd_statuses{"700", "600", "100", "good"};
constexpr std::array<const char*, 2> reading{"GET", "HEAD"};

micro::endpoint_options routed(std::string route) {
    micro::endpoint_options opts;
    opts.metadata["http.route"] = std::move(route);
    return opts;
}

micro::endpoint_options exposed() {
    micro::endpoint_options opts;
    opts.metadata["http.expose"] = "true";
    return opts;
}

/// A gateway on a free port, and a client of it.
struct front {
    explicit front(world& here, gateway::gateway_options opts = gateway::gateway_options())
        : gate(here.caller, std::move(opts)),
          server(here.caller.executor(), http::server_options(),
                 [this](http::exchange& asked) { return gate.handle(asked); }),
          client(here.caller.executor(), client_options()) {}

    static http::client_options client_options() {
        http::client_options options;
        options.proxy = "";
        options.retries = 0;
        return options;
    }

    asio::awaitable<http::response> ask(std::string method, std::string path, std::string body = {},
                                        http::header_list headers = {}) {
        http::request asked(std::move(method), "http://127.0.0.1:" + std::to_string(server.port()) + path);
        asked.body = std::move(body);
        asked.headers = std::move(headers);
        asked.timeout = 20s;
        return client.send(std::move(asked));
    }
    asio::awaitable<void> stop() {
        co_await server.stop(5s);
        co_await gate.stop();
    }

    gateway::gateway gate;
    http::server server;
    http::client client;
};

class gateway_test : public micro_test {
protected:
    /// The same with JetStream.
    template <class Body>
    void in_world_with_jetstream(Body body) {
        nats_server server(nats_server_options{});
        run(connected(server, body));
    }
};

TEST_F(gateway_test, asks_an_endpoint_by_its_name_with_the_body_as_it_is) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Echo"));
        service.endpoint(
            "echo", [](micro::request& req) { req.respond(req.data(), {{"X-Answer", "yes"}}); }, exposed());
        co_await service.start(here.connection);
        front web(here);
        const std::string bytes("a\0b\xff", 4);
        const auto reply = co_await web.ask("POST", "/service/Echo/echo", bytes);
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, bytes);
        EXPECT_EQ(reply.header("X-Answer"), "yes");
        co_await web.stop();
    });
}

TEST_F(gateway_test, does_not_tell_what_is_not_exposed_from_what_is_not_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Inner"));
        service.endpoint("secret", [](micro::request& req) { req.respond("secret"); });
        co_await service.start(here.connection);
        front web(here);
        const auto hidden = co_await web.ask("POST", "/service/Inner/secret");
        const auto missing = co_await web.ask("POST", "/service/Inner/nothing");
        const auto nobody = co_await web.ask("POST", "/service/Nobody/nothing");
        const auto odd = co_await web.ask("POST", "/service/a.b*/x");
        const auto root = co_await web.ask("GET", "/");
        EXPECT_EQ(hidden.status, 404);
        EXPECT_EQ(hidden.body, missing.body);
        EXPECT_EQ(hidden.body, nobody.body);
        EXPECT_EQ(odd.status, 404);
        EXPECT_EQ(root.status, 404);
        co_await web.stop();

        for (const std::string name : {"*", "Inner", "Inner/secret"}) {
            gateway::gateway_options opts;
            opts.expose = {name};
            front open(here, opts);
            const auto shown = co_await open.ask("POST", "/service/Inner/secret");
            EXPECT_EQ(shown.body, "secret") << name;
            co_await open.stop();
        }
    });
}

TEST_F(gateway_test, follows_routes_and_makes_the_payload_of_path_and_query) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Routes"));
        service.endpoint("top", [](micro::request& req) { req.respond(req.data()); }, routed("GET /hn/top/{n}"));
        service.endpoint("any", [](micro::request& req) { req.respond("any"); }, routed("GET /hn/{list}/{n}"));
        service.endpoint(
            "sum", [](const sum_request& of) { return sum_reply{of.a + of.b.value_or(0), of.note}; },
            routed("GET /sum/{a}"));
        co_await service.start(here.connection);
        front web(here);
        co_await eventually("a route", [&] { return web.gate.routes() == 3; });
        const auto top = co_await web.ask("GET", "/hn/top/3");
        EXPECT_EQ(top.body, "3");
        const auto sum = co_await web.ask("GET", "/sum/2?b=0.5&note=a%20b+c");
        EXPECT_EQ(sum.status, 200) << sum.body;
        EXPECT_EQ(sum.body, R"({"sum":2.5,"note":"a b c"})");
        EXPECT_EQ(sum.header("Content-Type"), "application/json");
        const auto wrong = co_await web.ask("GET", "/sum/two?b=1&note=");
        EXPECT_EQ(wrong.status, 400);
        EXPECT_EQ(wrong.body, "400 Bad Request: a: expected an integer\n");
        const auto other = co_await web.ask("POST", "/hn/top/3", "x");
        EXPECT_EQ(other.status, 405);
        EXPECT_EQ(other.header("Allow"), "GET, HEAD");
        const auto head = co_await web.ask("HEAD", "/hn/top/3");
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.body, "");
        co_await web.stop();
    });
}

TEST_F(gateway_test, carries_headers_both_ways_but_none_that_speak_for_nats) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::string seen;
        micro::service service(here.config("Heads"));
        service.endpoint(
            "show",
            [&seen](micro::request& req) {
                seen = req.headers().raw();
                req.respond(
                    "made",
                    {{"Http-Status", "201"}, {"Location", "/there"}, {"Nats-Secret", "1"}, {"Connection", "close"}});
            },
            exposed());
        co_await service.start(here.connection);
        front web(here);
        http::header_list headers{{"X-Mine", "1"},          {"Nats-Msg-Id", "steer"}, {"Mote-Deadline-Ms", "1"},
                                  {"Http-Path", "/forged"}, {"Te", "trailers"},       {"X-Gone", "1"},
                                  {"Connection", "X-Gone"}, {"X-Timeout", "10s"}};
        const auto reply = co_await web.ask("POST", "/service/Heads/show?q=1", "x", headers);
        EXPECT_EQ(reply.status, 201);
        EXPECT_EQ(reply.header("Location"), "/there");
        EXPECT_FALSE(reply.header("Nats-Secret"));
        const nats::headers_view got(seen);
        EXPECT_EQ(got.get("X-Mine"), "1");
        EXPECT_FALSE(got.get("Nats-Msg-Id"));
        EXPECT_FALSE(got.get("X-Gone"));
        EXPECT_FALSE(got.get("Te"));
        EXPECT_EQ(got.get("Http-Method"), "POST");
        EXPECT_EQ(got.get_all("Http-Path"), std::vector<std::string_view>{"/service/Heads/show"});
        EXPECT_EQ(got.get("Http-Query"), "q=1");
        const auto left = micro::deadline_in(got);
        EXPECT_TRUE(left && *left > 5s && *left <= 10s);
        co_await web.stop();
    });
}

TEST_F(gateway_test, does_not_take_a_status_that_is_none_for_a_good_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Odd"));
        service.endpoint(
            "odd", [](micro::request& req) { req.respond("made", {{"Http-Status", std::string(req.data())}}); },
            exposed());
        co_await service.start(here.connection);
        front web(here);
        for (const std::string status : odd_statuses) {
            const auto reply = co_await web.ask("POST", "/service/Odd/odd", status);
            EXPECT_EQ(reply.status, 502) << status << ": " << reply.body;
        }
        co_await web.stop();
    });
}

TEST_F(gateway_test, answers_errors_of_the_service_with_their_status) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Errors"));
        service.endpoint(
            "fail",
            [](micro::request& req) { throw micro::service_error(std::stoi(std::string(req.data())), "because"); },
            exposed());
        co_await service.start(here.connection);
        front web(here);
        for (const auto& [code, status] :
             std::vector<std::pair<int, int>>{{404, 404}, {503, 503}, {200, 500}, {700, 500}}) {
            const auto reply = co_await web.ask("POST", "/service/Errors/fail", std::to_string(code));
            EXPECT_EQ(reply.status, status);
            EXPECT_EQ(reply.body, "because\n");
        }
        co_await web.stop();
    });
}

/// Tells when it is cancelled.
asio::awaitable<void> wait_for_ever(bool* cancelled, micro::request) {
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        *cancelled = true;
        throw;
    }
}

TEST_F(gateway_test, says_that_nobody_answers_in_time_or_nobody_is_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        bool cancelled = false;
        auto service = std::make_unique<micro::service>(here.config("Slow"));
        service->endpoint(
            "wait", [&cancelled](micro::request req) { return wait_for_ever(&cancelled, std::move(req)); }, exposed());
        co_await service->start(here.connection);
        front web(here);
        co_await eventually("known", [&] { return web.gate.instances() == 1; });
        const http::header_list soon{{"X-Timeout", "100ms"}};
        const auto late = co_await web.ask("POST", "/service/Slow/wait", "", soon);
        EXPECT_EQ(late.status, 504);
        co_await eventually("the handler was cancelled", [&] { return cancelled; });
        const http::header_list no_time{{"X-Timeout", "soon"}};
        const auto wrong = co_await web.ask("POST", "/service/Slow/wait", "", no_time);
        EXPECT_EQ(wrong.status, 400);
        service.reset();
        co_await here.connection.flush();
        const auto nobody = co_await web.ask("POST", "/service/Slow/wait");
        EXPECT_EQ(nobody.status, 503);
        EXPECT_EQ(nobody.header("Retry-After"), "1");
        co_await web.stop();
    });
}

TEST_F(gateway_test, names_the_limit_of_a_body_that_nats_does_not_take) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Echo"));
        service.endpoint("echo", [](micro::request& req) { req.respond(""); }, exposed());
        co_await service.start(here.connection);
        front web(here);
        const auto reply = co_await web.ask("POST", "/service/Echo/echo", std::string(1000 * 1024, 'x'));
        EXPECT_EQ(reply.status, 200);
        const auto large = co_await web.ask("POST", "/service/Echo/echo", std::string(1024 * 1024, 'x'));
        EXPECT_EQ(large.status, 413) << "the headers count, too";
        EXPECT_NE(large.body.find("max_payload"), std::string::npos);
        co_await web.stop();
    });
}

TEST_F(gateway_test, tells_events_and_queues_work_before_it_says_202) {
    in_world_with_jetstream([](world& here) -> asio::awaitable<void> {
        int told = 0;
        int done = 0;
        micro::service service(here.config("Jobs"));
        service.endpoint("event", [&told](micro::event&) { ++told; }, exposed());
        micro::work_options work;
        work.metadata["http.expose"] = "true";
        service.work("job", work, [&done](micro::event&) { ++done; });
        co_await service.start(here.connection);
        front web(here);
        const auto event = co_await web.ask("POST", "/service/Jobs/event", "x");
        EXPECT_EQ(event.status, 202);
        const auto job = co_await web.ask("POST", "/service/Jobs/job", "x");
        EXPECT_EQ(job.status, 202);
        EXPECT_EQ(json::parse(job.body).at("stream").as_string(), "Jobs_job");
        co_await eventually("both were handled", [&] { return told == 1 && done == 1; });
        co_await service.stop();
        co_await web.stop();
    });
}

micro::reply_stream<int> count_to(int last) {
    for (int i = 1; i <= last; ++i) co_yield i;
    if (last == 0) throw micro::service_error(404, "nothing to count");
}

TEST_F(gateway_test, streams_replies_line_by_line) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Count"));
        service.endpoint("count", count_to, exposed());
        co_await service.start(here.connection);
        front web(here);
        const auto reply = co_await web.ask("POST", "/service/Count/count", "3");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, "1\n2\n3\n");
        EXPECT_EQ(reply.header("Content-Type"), "application/x-ndjson");
        const auto failed = co_await web.ask("POST", "/service/Count/count", "0");
        EXPECT_EQ(failed.status, 404);
        EXPECT_EQ(failed.body, "nothing to count\n");
        co_await web.stop();
    });
}

TEST_F(gateway_test, lists_and_describes_what_is_exposed) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Shown"));
        service.endpoint(
            "sum", [](const sum_request& of) { return sum_reply{of.a + of.b.value_or(0), of.note}; },
            routed("GET /sum/{a}"));
        service.endpoint("hidden", [](micro::request& req) { req.respond(""); });
        co_await service.start(here.connection);
        front web(here);
        co_await eventually("known", [&] { return web.gate.instances() == 1; });
        const auto sum = co_await web.ask("POST", "/service/Shown/sum", R"({"a":1,"b":2,"note":""})");
        EXPECT_EQ(sum.status, 200);
        const auto listed = co_await web.ask("GET", "/services");
        const auto all = json::parse(listed.body).at("services").as_array();
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.at(0).at("endpoints").as_array().size(), 1U) << listed.body;
        EXPECT_EQ(all.at(0).at("endpoints").at(0).at("num_requests"), 1);
        const auto described = co_await web.ask("GET", "/openapi.json");
        const auto paths = json::parse(described.body).at("paths").as_object();
        EXPECT_TRUE(paths.contains("/sum/{a}")) << described.body;
        EXPECT_TRUE(paths.contains("/service/Shown/sum"));
        EXPECT_FALSE(paths.contains("/service/Shown/hidden"));
        const auto health = co_await web.ask("GET", "/healthz");
        EXPECT_EQ(health.status, 200);
        co_await web.stop();
    });
}

TEST_F(gateway_test, lets_an_endpoint_be_read_by_its_name_where_its_metadata_say_so) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto readable = exposed();
        readable.metadata["http.method"] = "GET";
        micro::service service(here.config("Read"));
        service.endpoint(
            "sum", [](const sum_request& of) { return sum_reply{of.a + of.b.value_or(0), of.note}; }, readable);
        service.endpoint("change", [](micro::request& req) { req.respond("changed"); }, exposed());
        co_await service.start(here.connection);
        front web(here);
        const auto read = co_await web.ask("GET", "/service/Read/sum?a=2&b=0.5&note=n");
        EXPECT_EQ(read.status, 200) << read.body;
        EXPECT_EQ(read.body, R"({"sum":2.5,"note":"n"})");
        const auto head = co_await web.ask("HEAD", "/service/Read/sum?a=2&note=n");
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.body, "");
        const auto told = co_await web.ask("POST", "/service/Read/sum", R"({"a":1,"b":2,"note":""})");
        EXPECT_EQ(told.status, 200) << told.body;
        const auto put = co_await web.ask("PUT", "/service/Read/sum", "{}");
        EXPECT_EQ(put.status, 405);
        EXPECT_EQ(put.header("Allow"), "GET, HEAD, POST");
        for (const std::string method : reading) {
            const auto refused = co_await web.ask(method, "/service/Read/change");
            EXPECT_EQ(refused.status, 405) << method;
            EXPECT_EQ(refused.header("Allow"), "POST") << method;
        }
        co_await web.stop();
    });
}

}  // namespace
}  // namespace mote::test
