#pragma once

#include <tests/gateway/raw_conversation.hpp>
#include <tests/jetstream/live_test.hpp>
#include <tests/support/temp_dir.hpp>

#include <mote/gateway/front.hpp>
#include <mote/http/client.hpp>
#include <mote/http/server.hpp>
#include <mote/node/node.hpp>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

using namespace std::chrono_literals;

/// Headers by name and value in turn. A braced list within a `co_await` is one of g++ 12's traps (docs/traps.md).
template <class... Texts>
http::header_list sent_with(const Texts&... texts) {
    static_assert(sizeof...(texts) % 2 == 0, "names and values");
    const std::vector<std::string> all{texts...};
    http::header_list headers;
    for (std::size_t i = 0; i < all.size(); i += 2) headers.emplace_back(all[i], all[i + 1]);
    return headers;
}

inline asio::awaitable<void> pause_for(std::chrono::nanoseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// A node and a gateway as `mote up` has them, each with a connection of its own, and a client of the gateway.
class front_world {
public:
    static asio::awaitable<std::shared_ptr<front_world>> start(nats_server& server,
                                                               gateway::front_options opts = gateway::front_options(),
                                                               bool sandbox = true) {
        auto for_node = co_await connect_to(server);
        auto for_gateway = co_await connect_to(server);
        auto made =
            std::make_shared<front_world>(std::move(for_node), std::move(for_gateway), std::move(opts), sandbox);
        co_await made->node.start();
        co_await made->front.start();
        co_return made;
    }
    /// `login_seed`: of logins that the node makes.
    front_world(nats::connection for_node, nats::connection for_gateway, gateway::front_options opts, bool sandbox,
                std::filesystem::path login_seed = {})
        : node_connection(std::move(for_node)),
          connection(std::move(for_gateway)),
          node(node_connection, node_options(directory.path(), sandbox, std::move(login_seed))),
          front(connection, std::move(opts)),
          server(connection.executor(), told_options(), front.handler()),
          operations(connection.executor(), server_options(),
                     [this](http::exchange& asked) { return front.operate(asked); }),
          client(connection.executor(), client_options()) {}

    asio::awaitable<void> stop() {
        front.stop_following();
        co_await server.stop(5s);
        co_await front.stop();
        co_await operations.stop(5s);
        co_await node.stop(5s);
        node_connection.close();
        connection.close();
        EXPECT_EQ(failures, std::vector<std::string>());
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
    asio::awaitable<http::response> ask(std::string method, std::string path, std::string body = {},
                                        http::header_list headers = http::header_list()) {
        http::request asked(std::move(method), url() + path);
        asked.body = std::move(body);
        asked.headers = std::move(headers);
        asked.timeout = 30s;
        return client.send(std::move(asked));
    }
    /// Deploys a function by its command line; `more`: further members of the JSON.
    asio::awaitable<void> deploy(std::string name, std::string command, std::string more = {}) {
        const auto body =
            R"({"service":")" + name + R"(","image":"functions/alpine","envProcess":")" + command + '"' + more + "}";
        const auto answer = co_await ask("POST", "/system/functions", body);
        EXPECT_EQ(answer.status, 202) << answer.body;
    }
    /// Pauses a function, and waits until the node has heard of it: it alone says so to a caller.
    asio::awaitable<void> pause(std::string name) {
        const auto paused = co_await ask("PUT", "/system/function/" + name + "/pause");
        EXPECT_EQ(paused.status, 202) << paused.body;
        http::response refused;
        for (int i = 0; i < 6000 && refused.status != 503; ++i) {
            refused = co_await ask("POST", "/function/" + name, "x");
            if (refused.status != 503) co_await pause_for(10ms);
        }
        EXPECT_TRUE(contains(refused.body, "paused")) << refused.body;
    }
    /// Looks at a queued call, every 10 ms, until it has come to a state.
    asio::awaitable<void> comes_to(std::string id, std::string wanted, int looks = 2000) {
        std::string state;
        for (int i = 0; i < looks && state != wanted; ++i) {
            const auto told = co_await json("/async-function/" + id);
            state = told.at("state").as_string().c_str();
            if (state != wanted) co_await pause_for(10ms);
        }
        EXPECT_EQ(state, wanted) << id;
    }
    asio::awaitable<boost::json::value> json(std::string path) {
        const auto answer = co_await ask("GET", path);
        EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
        boost::json::error_code failed;
        auto value = boost::json::parse(answer.body, failed);
        EXPECT_FALSE(failed) << answer.body;
        co_return value;
    }

    temp_dir directory;
    nats::connection node_connection;
    nats::connection connection;
    std::vector<std::string> failures;  // that no answer was made for
    mote::node::node node;
    gateway::front front;
    http::server server;
    http::server operations;
    http::client client;

private:
    static mote::node::node_options node_options(const std::filesystem::path& at, bool sandbox,
                                                 std::filesystem::path login_seed) {
        mote::node::node_options opts;
        opts.login_seed = std::move(login_seed);
        opts.sandbox = sandbox;
        opts.directory = at;
        opts.spawn_server = {MOTE_TEST_PROCESS_HELPER, "spawn-server"};
        opts.http_echo = {MOTE_TEST_PROGRAM, "http-echo"};
        opts.stop_grace = 2s;
        opts.ack_wait = 2s;
        return opts;
    }
    http::server_options server_options() {
        http::server_options options;
        options.max_body = 64 * 1024 * 1024;
        options.on_failure = [this](std::string_view what) { failures.emplace_back(what); };
        return options;
    }
    http::server_options told_options() {
        auto options = server_options();
        options.on_refusal = [this](const http::refused_request& one) { front.refused(one); };
        return options;
    }
    static http::client_options client_options() {
        http::client_options options;
        options.proxy = "";
        options.retries = 0;
        options.max_body = 64 * 1024 * 1024;
        return options;
    }
};

class front_test : public live_test {
protected:
    /// Runs `body(world)` with a node and a gateway on a server of their own.
    template <class Body>
    void with_front(Body body, gateway::front_options opts = gateway::front_options()) {
        with_jetstream([body, opts](nats_server& server, jetstream::context) -> asio::awaitable<void> {
            const auto world = co_await front_world::start(server, opts);
            co_await body(*world);
            co_await world->stop();
        });
    }
};

}  // namespace mote::test
