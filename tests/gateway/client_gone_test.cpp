// Clients that go before their answer is there: what was asked for them is ended where it waits.

#include <tests/gateway/front_world.hpp>
#include <tests/nats/jwt.hpp>

#include <mote/functions/bundle_store.hpp>
#include <mote/micro.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/nats/authenticator.hpp>
#include <mote/process/sandbox.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>

namespace mote::test {
namespace {

namespace fs = std::filesystem;

using client_gone = front_test;

/// One way to an endpoint that waits, and its place in the statistics.
struct way {
    const char* target;
    std::size_t endpoint;
};
// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<way, 3> ways{way{"POST /service/Waits/asked", 0}, way{"GET /waits/for/", 1},
                                  way{"POST /function/waits", 2}};

struct waits_seen {
    int begun = 0;
    int cancelled = 0;
};

/// Answers "go on" when the test opens the gate, and everything else never.
asio::awaitable<std::string> wait_at(std::shared_ptr<waits_seen> seen, std::shared_ptr<asio::steady_timer> until,
                                     std::string what) {
    ++seen->begun;
    asio::steady_timer never(co_await asio::this_coro::executor, 1h);
    auto* const waiting = what == "go-on" ? until.get() : &never;
    boost::system::error_code ended;
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (waiting == &never) {
        ++seen->cancelled;
        throw boost::system::system_error(ended);
    }
    co_return "it went on";
}

using waiting_handler = std::function<asio::awaitable<std::string>(std::string)>;

micro::service waiting_service(const waiting_handler& handler) {
    micro::service_config config;
    config.name = "Waits";
    config.version = "1.0.0";
    micro::service made(config);
    micro::endpoint_options opts;
    opts.metadata["http.expose"] = "true";
    made.endpoint("asked", handler, opts);
    opts.metadata["http.route"] = "GET /waits/for/{what}";
    made.endpoint("routed", handler, opts);
    micro::endpoint_options as_function;
    as_function.subject = "fn.openfaas-fn.waits";
    made.endpoint("function", handler, as_function);
    return made;
}

/// A request whose body, or last part of the path, is `what`.
asio::awaitable<raw_conversation> begin(const front_world& here, const way& by, std::string what) {
    const std::string target = by.target;
    const std::string body = target.starts_with("GET") ? "" : what;
    const auto line = target + (body.empty() ? what : "") + " HTTP/1.1\r\nHost: x\r\n";
    return raw_conversation::begin(here.server.port(),
                                   line + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

/// Services are looked for now and then.
asio::awaitable<void> until_listed(front_world& here, std::string route) {
    std::string listed;
    for (int i = 0; i < 6000 && !contains(listed, route); ++i) {
        co_await pause_for(10ms);
        const auto answer = co_await here.ask("GET", "/services");
        listed = answer.body;
    }
    EXPECT_TRUE(contains(listed, route)) << listed;
}

TEST_F(client_gone, ends_the_handler_that_waits_for_it_and_no_other) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<waits_seen>();
        const auto until = std::make_shared<asio::steady_timer>(here.connection.executor(), 1h);
        const waiting_handler handler = std::bind_front(wait_at, seen, until);
        auto service = waiting_service(handler);
        co_await service.start(here.node_connection);
        co_await until_listed(here, "/waits/for/");
        for (const auto& by : ways) {
            until->expires_after(1h);
            *seen = waits_seen();
            const auto stats = [&service, &by] { return service.stats().endpoints.at(by.endpoint); };
            auto stays = co_await begin(here, by, "go-on");
            auto goes = co_await begin(here, by, "wait");
            const bool running = co_await eventually([&] { return seen->begun == 2; });
            EXPECT_TRUE(running) << by.target;
            co_await here.node_connection.flush();  // it has subscribed
            goes.close();
            const bool ended = co_await eventually([&] { return stats().in_flight == 1; });
            EXPECT_TRUE(ended) << by.target;
            EXPECT_EQ(seen->cancelled, 1) << by.target;
            until->expires_after(0s);
            const auto answer = co_await stays.read_until("it went on");
            EXPECT_TRUE(contains(answer, "200 OK")) << by.target << ": " << answer;
            const bool over = co_await eventually([&] { return stats().in_flight == 0; });
            EXPECT_TRUE(over) << by.target;
            EXPECT_EQ(stats().requests, 2U) << by.target;
            EXPECT_EQ(stats().errors, 0U) << by.target << ": " << stats().last_error;
            EXPECT_EQ(stats().expired, 0U) << by.target;
            EXPECT_EQ(seen->cancelled, 1) << by.target;
            stays.close();
        }
        co_await service.stop();
    });
}

TEST_F(client_gone, alone_cancels_a_call_and_neither_its_answer_nor_its_deadline) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<waits_seen>();
        const auto until = std::make_shared<asio::steady_timer>(here.connection.executor(), 0s);
        const waiting_handler handler = std::bind_front(wait_at, seen, until);
        auto service = waiting_service(handler);
        co_await service.start(here.node_connection);
        auto cancels = here.node_connection.subscribe("mote.cancel.*");
        co_await here.node_connection.flush();
        const auto good = co_await here.ask("POST", "/service/Waits/asked", "go-on");
        EXPECT_EQ(good.status, 200) << good.body;
        const auto late_headers = sent_with("X-Timeout", "1s");
        const auto late = co_await here.ask("POST", "/service/Waits/asked", "wait", late_headers);
        EXPECT_EQ(late.status, 504) << late.body;
        const bool expired = co_await eventually([&] { return service.stats().endpoints.at(0).expired == 1; });
        EXPECT_TRUE(expired);
        co_await here.connection.flush();
        co_await here.node_connection.flush();
        EXPECT_FALSE(cancels.try_next());

        const int begun = seen->begun;
        auto goes = co_await begin(here, ways[0], "wait");
        const bool running = co_await eventually([&] { return seen->begun == begun + 1; });
        EXPECT_TRUE(running);
        goes.close();
        const auto told = co_await cancels.next(20s);
        EXPECT_TRUE(told.has_value());
        co_await service.stop();
    });
}

/// A node that makes logins, and those of a gateway and a node that may do everything.
class client_gone_of_a_login : public live_test {
protected:
    nats::options with_all(const nats_server& server) const {
        const auto key = nats::nkey_pair::generate(nats::nkey_kind::user);
        auto opts = options_for(server);
        opts.auth =
            nats::credentials_file_authenticator(write("all.creds", credentials_text(issuer.user(key), key.seed())));
        return opts;
    }
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = folder.path() / name;
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }

    temp_dir folder;
    jwt_issuer issuer;
};

/// The process of a function of mode `micro`, once it is asked without the node.
asio::awaitable<std::string> process_of(nats::connection connection, std::string name) {
    micro::discovery_options only;
    only.name = name;
    only.stall = 100ms;
    std::string id;
    for (int i = 0; i < 600 && id.empty(); ++i) {
        const auto all = co_await micro::discovery(connection).info(only);
        if (all.size() == 1 && !all[0].metadata.contains("function.node")) id = all[0].id;
        co_await pause_for(50ms);
    }
    EXPECT_NE(id, "");
    co_return id;
}

asio::awaitable<micro::endpoint_stats> stats_until(nats::connection connection, std::string name, std::string id,
                                                   std::size_t in_flight) {
    micro::discovery_options one;
    one.name = name;
    one.id = id;
    micro::endpoint_stats last;
    for (int i = 0; i < 6000; ++i) {
        const auto all = co_await micro::discovery(connection).stats(one);
        if (!all.empty()) last = all[0].endpoints.at(0);
        if (last.requests != 0 && last.in_flight == in_flight) break;
        co_await pause_for(10ms);
    }
    EXPECT_EQ(last.in_flight, in_flight);
    co_return last;
}

asio::awaitable<void> a_process_hears_it(nats::options as, std::string seed, fs::path bundle) {
    const auto for_node = co_await nats::connection::connect(as);
    const auto for_gateway = co_await nats::connection::connect(as);
    const auto here =
        std::make_shared<front_world>(for_node, for_gateway, gateway::front_options(), true, fs::path(seed));
    co_await here->node.start();
    co_await here->front.start();
    auto bundles = co_await functions::bundle_store::open(jetstream::context(for_node));
    const auto image = functions::image_name::parse("test/micro");
    co_await bundles.push(image, bundle);
    const std::string wanted = R"({"service":"own","image":"test/micro","envProcess":"./program micro",)"
                               R"("envVars":{"mode":"micro","micro_waits":"yes"}})";
    const auto deployed = co_await here->ask("POST", "/system/functions", wanted);
    EXPECT_EQ(deployed.status, 202) << deployed.body;
    const auto process = co_await process_of(for_node, "own");
    const way function{"POST /function/own", 0};
    auto goes = co_await begin(*here, function, "x");
    co_await stats_until(for_node, "own", process, 1);
    goes.close();
    const auto ended = co_await stats_until(for_node, "own", process, 0);
    EXPECT_EQ(ended.requests, 1U);
    EXPECT_EQ(ended.errors, 0U) << ended.last_error;
    EXPECT_EQ(ended.expired, 0U);

    const auto queued = co_await here->ask("POST", "/async-function/own", "x");
    EXPECT_EQ(queued.status, 202) << queued.body;
    co_await stats_until(for_node, "own", process, 1);
    const auto call = "/async-function/" + std::string(queued.header("X-Call-Id").value_or(""));
    const auto taken_back = co_await here->ask("DELETE", call);
    EXPECT_EQ(taken_back.status, 202) << taken_back.body;
    const auto cancelled = co_await stats_until(for_node, "own", process, 0);
    EXPECT_GE(cancelled.requests, 2U) << "more where the queue was not told in time that the call still runs";
    EXPECT_EQ(cancelled.errors, 0U) << cancelled.last_error;
    co_await here->stop();
}

TEST_F(client_gone_of_a_login, ends_the_handler_of_a_process_with_a_login_of_its_own) {
    if (!mote::process::sandbox_available().works) GTEST_SKIP() << mote::process::sandbox_available().text;
    nats_server_options options;
    options.config = issuer.server_config(-1, true);
    const nats_server server(options);
    const auto bundle = folder.path() / "bundle";
    fs::create_directory(bundle);
    const auto strip = std::string("strip -o ") + (bundle / "program").string() + " " + MOTE_TEST_NODE_PROGRAM;
    ASSERT_EQ(std::system(strip.c_str()), 0);  // it is large
    run(a_process_hears_it(with_all(server), write("seed", issuer.account().seed()), bundle));
}

}  // namespace
}  // namespace mote::test
