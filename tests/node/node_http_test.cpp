// Functions that listen for HTTP, as real processes behind a real NATS server.

#include <tests/node/python_function.hpp>

#include <mote/micro/answer_stream.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/service.hpp>
#include <mote/micro/stream.hpp>

#include <array>
#include <boost/asio/ip/tcp.hpp>

namespace mote::test {
namespace {

class live_http_function : public live_test {};

TEST_F(live_http_function, passes_method_path_headers_body_and_status_on) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "web");
        co_await here->deploy(what);
        auto headers = path_headers("/status/418");
        headers.set("Http-Method", "PUT");
        headers.set("Http-Query", "x=1&y");
        headers.set("X-Thing", "7");
        const auto got = co_await call(js.connection(), subject_of("web"), "hello", headers);
        EXPECT_EQ(got.status, 418);
        EXPECT_EQ(got.body, "hello");
        EXPECT_EQ(got.type, "text/python");
        EXPECT_EQ(got.header("X-Asked"), "PUT /status/418?x=1&y");
        EXPECT_EQ(got.header("X-Thing-Back"), "7");
        EXPECT_FALSE(got.header("X-Duration-Seconds").empty());
        EXPECT_EQ(got.header("Content-Length"), "") << "it is about the connection";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, gets_no_call_before_its_path_says_that_it_is_ready) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("ready_path", "/ready");
        const auto what = co_await python_function(here, "slow", variables);
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("slow"));
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.header("X-Early"), "0");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, gets_no_call_before_it_listens) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("start_late", "0.5");
        const auto what = co_await python_function(here, "late", variables);
        co_await here->store.create(what);
        const auto first = co_await here->until_served(subject_of("late"));
        EXPECT_EQ(first.status, 200) << first.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, keeps_its_connections) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "kept");
        co_await here->deploy(what);
        called got;
        for (int i = 0; i < 30; ++i) {
            got = co_await call(js.connection(), subject_of("kept"), "x");
            EXPECT_EQ(got.status, 200);
        }
        EXPECT_EQ(got.header("X-Connections"), "1");
        co_await here->node.stop(5s);
    });
}

constexpr std::size_t pieces = 80;
constexpr std::size_t piece_size = 100'000;

micro::reply_stream<micro::stream_item> upload() {
    micro::stream_item item;
    for (std::size_t i = 0; i < pieces; ++i) {
        item.data.assign(piece_size, static_cast<char>('a' + i % 26));
        co_yield item;
    }
}

asio::awaitable<void> serve_upload(micro::request asked) {
    auto all = upload();
    co_await micro::answer_stream(std::move(asked), std::move(all));
}

constexpr std::array<bool, 2> both{true, false};

std::string uploaded() {
    std::string all;
    for (std::size_t i = 0; i < pieces; ++i) all.append(piece_size, static_cast<char>('a' + i % 26));
    return all;
}

micro::service_config upload_config() {
    micro::service_config config;
    config.name = "uploads";
    config.version = "1.0.0";
    return config;
}

TEST_F(live_http_function, takes_and_gives_a_large_body_at_the_same_time) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "large");
        co_await here->deploy(what);
        micro::service uploads(upload_config());
        uploads.endpoint("upload", serve_upload);
        co_await uploads.start(js.connection());
        for (const bool says_length : both) {
            nats::headers headers;
            headers.set("Mote-Body-Subject", "upload");
            if (says_length) headers.set("Mote-Body-Length", std::to_string(pieces * piece_size));
            const auto got = co_await call(js.connection(), subject_of("large"), {}, headers);
            EXPECT_EQ(got.status, 200) << got.body.substr(0, 200);
            EXPECT_EQ(got.body.size(), pieces * piece_size) << says_length;
            EXPECT_TRUE(got.body == uploaded());
        }
        co_await uploads.stop(5s);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, says_when_to_come_again_while_it_has_all_the_calls_it_takes) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("max_inflight", "1");
        const auto what = co_await python_function(here, "busy", variables);
        co_await here->deploy(what);
        const auto long_one = std::make_shared<called>();
        auto work = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await call(nc, subject_of("busy"), "long", path_headers("/sleep/8"));
        };
        const auto running = start(js.connection(), work(js.connection(), long_one));
        const auto refused = co_await call_until(js.connection(), subject_of("busy"),
                                                 [](const called& got) { return got.status == 429; });
        EXPECT_EQ(refused.header("Retry-After"), "1");
        EXPECT_EQ(refused.header("X-OpenFaaS-Internal"), "proxy");
        EXPECT_FALSE(refused.was_service_error);
        EXPECT_TRUE(contains(refused.body, "1 calls")) << refused.body;
        EXPECT_TRUE(contains(refused.type, "text/plain")) << refused.type;
        co_await ends(running);
        EXPECT_EQ(long_one->status, 200) << long_one->body;
        const auto stats = co_await micro::discovery(js.connection()).stats();
        bool counted = false;
        for (const auto& service : stats)
            for (const auto& endpoint : service.endpoints)
                counted = counted || (endpoint.data && contains(*endpoint.data, "\"last_refusal\":\"429:"));
        EXPECT_TRUE(counted);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, has_its_connection_closed_when_its_caller_goes) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "left");
        co_await here->deploy(what);
        const auto into = std::make_shared<called>();
        auto work = [](nats::connection nc, std::shared_ptr<called> answer) -> asio::awaitable<void> {
            auto headers = path_headers("/hang");
            headers.set("Mote-Cancel-Token", "goes");
            *answer = co_await call(nc, subject_of("left"), {}, headers);
        };
        const auto running = start(js.connection(), work(js.connection(), into));
        co_await call_until(js.connection(), subject_of("left"),
                            [](const called& got) { return got.header("X-Hang") == "1/0"; });
        js.connection().publish("mote.cancel.goes", "");
        co_await ends(running);
        EXPECT_EQ(into->status, 499) << into->body;
        co_await call_until(js.connection(), subject_of("left"),
                            [](const called& got) { return got.header("X-Hang") == "1/1"; });
        const auto state = co_await here->state_until(
            "left", [](const functions::function_state& now) { return now.calls > 2 && now.in_flight == 0; });
        EXPECT_EQ(state.in_flight, 0U);
        co_await here->node.stop(5s);
    });
}

constexpr std::array<const char*, 2> modes_that_need_a_network{"http", "micro"};

TEST_F(live_http_function, cannot_be_reached_without_a_network) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        for (const std::string mode : modes_that_need_a_network) {
            functions::text_map variables;
            variables.emplace("mode", mode);
            auto what = function("alone-" + mode, "functions/alpine", "sleep 1000", variables);
            what.wanted.annotations = functions::text_map();
            what.wanted.annotations->emplace("mote.network", "none");
            co_await here->store.create(what);
            const auto got = co_await here->until_served(subject_of("alone-" + mode));
            EXPECT_EQ(got.status, 501) << got.body;
            EXPECT_TRUE(contains(got.body, "mode=\"" + mode + "\" with mote.network=none")) << got.body;
        }
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, is_given_up_when_it_takes_longer_than_it_may) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("exec_timeout", "2s");
        variables.emplace("start_late", "3");
        auto what = co_await python_function(here, "sleeps", variables);
        what.replicas = 0;
        co_await here->store.create(what);
        called first;
        for (int i = 0; i < 3000 && first.status == 0; ++i) {
            first = co_await try_call(js.connection(), subject_of("sleeps"), {}, nats::headers(), 30s);
            asio::steady_timer pause(js.connection().executor(), 10ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        EXPECT_EQ(first.status, 200) << "the start counts for nothing: " << first.body;
        const auto got = co_await call(js.connection(), subject_of("sleeps"), {}, path_headers("/sleep/10"));
        EXPECT_EQ(got.status, 504) << got.body;
        EXPECT_EQ(got.header("Retry-After"), "");
        EXPECT_EQ(got.header("X-OpenFaaS-Internal"), "proxy");
        EXPECT_EQ(first.header("X-OpenFaaS-Internal"), "") << "the function's own";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, is_asked_of_the_built_in_echo) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(
            js, [](node::node_options& opts) { opts.http_echo = {MOTE_TEST_NODE_PROGRAM, "http-echo"}; });
        const auto what = function("echo", "functions/http-echo:latest", "");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("echo"), "again");
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body, "again");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, is_not_another_one_at_the_same_port) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.start_timeout = 5s; });
        asio::ip::tcp::acceptor other(js.connection().executor(),
                                      asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        const auto port = std::to_string(other.local_endpoint().port());
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + port);
        const auto what = co_await python_function(here, "second", variables);
        co_await here->store.create(what);
        const auto state = co_await here->state_until(
            "second", [](const functions::function_state& now) { return !now.trouble.empty(); });
        EXPECT_TRUE(contains(state.trouble, "port " + port + " is taken")) << state.trouble;
        other.close();
        const auto got = co_await call_until(js.connection(), subject_of("second"),
                                             [](const called& seen) { return seen.status == 200; });
        EXPECT_EQ(got.type, "text/python");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, changes_its_version_also_where_the_port_is_fixed) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + fixed_port());
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "fixed", variables);
        co_await here->deploy(first);
        variables["version"] = "2";
        const auto second = co_await python_function(here, "fixed", variables);
        co_await here->update(second);
        const auto got = co_await call_until(js.connection(), subject_of("fixed"),
                                             [](const called& seen) { return seen.header("X-Version") == "2"; });
        EXPECT_EQ(got.status, 200);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_function, says_what_its_node_cannot_do) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("echo", "functions/http-echo", "");
        co_await here->store.create(what);
        const auto got = co_await here->until_served(subject_of("echo"));
        EXPECT_EQ(got.status, 501) << got.body;
        EXPECT_EQ(got.header("X-OpenFaaS-Internal"), "proxy");
        EXPECT_TRUE(contains(got.body, "this node has no program for it")) << got.body;
        const auto state = co_await here->state_until(
            "echo", [](const functions::function_state& now) { return !now.trouble.empty(); });
        EXPECT_TRUE(contains(state.trouble, "not yet supported")) << state.trouble;
        co_await here->node.stop(5s);
    });
}

asio::awaitable<void> call_late(nats::connection nc, std::shared_ptr<called> into) {
    *into = co_await call_until(nc, subject_of("late"), [](const called& got) { return got.status != 0; });
}

TEST_F(live_http_function, lets_as_many_calls_wait_for_its_start_as_may_and_not_for_ever) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.max_waiting = 1;
            opts.start_timeout = 2s;
        });
        functions::text_map variables;
        variables.emplace("mode", "http");
        auto what = function("late", "functions/alpine", "sleep 60", variables);  // never listens
        what.replicas = 0;
        co_await here->store.create(what);
        const auto one = std::make_shared<called>();
        const auto other = std::make_shared<called>();
        const auto first = start(js.connection(), call_late(js.connection(), one));
        const auto second = start(js.connection(), call_late(js.connection(), other));
        co_await ends(first);
        co_await ends(second);
        const auto& waited = one->status == 504 ? *one : *other;
        const auto& refused = one->status == 504 ? *other : *one;
        EXPECT_EQ(waited.status, 504) << waited.body;
        EXPECT_TRUE(contains(waited.body, "did not start in time")) << waited.body;
        EXPECT_EQ(waited.header("X-OpenFaaS-Internal"), "proxy");
        EXPECT_EQ(refused.status, 429) << refused.body;
        EXPECT_TRUE(contains(refused.body, "too many calls wait")) << refused.body;
        EXPECT_EQ(refused.header("Retry-After"), "1");
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
