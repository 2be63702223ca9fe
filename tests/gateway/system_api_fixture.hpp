#pragma once

#include <tests/gateway/raw_conversation.hpp>
#include <tests/jetstream/live_test.hpp>

#include <mote/functions/log_writer.hpp>
#include <mote/gateway/system_api.hpp>
#include <mote/http/client.hpp>
#include <mote/http/server.hpp>

#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

using namespace std::chrono_literals;

/// What the audit was told, as it is kept.
struct audited {
    gateway::audit_action action{};
    std::string object{};
    std::string digest{};
    int status = 0;
    std::string who{};
    std::string how{};
    std::string peer{};

    explicit audited(const gateway::audit_record& of)
        : action(of.action),
          object(of.object),
          digest(of.digest),
          status(of.status),
          who(of.who),
          how(of.how),
          peer(of.peer) {}
};

/// All that a management API stands on, on one NATS server.
struct api_stores {
    functions::function_store functions;
    functions::secret_store secrets;
    functions::log_store logs;
    functions::bundle_store bundles;
    kv::bucket nodes;

    static asio::awaitable<api_stores> open(jetstream::context js,
                                            functions::log_limits log_limits = functions::log_limits()) {
        auto opened_functions = co_await functions::function_store::open(js);
        auto opened_secrets = co_await functions::secret_store::open(js);
        auto opened_logs = co_await functions::log_store::open(js, log_limits);
        auto opened_bundles = co_await functions::bundle_store::open(js);
        auto opened_nodes = co_await functions::open_node_bucket(js);
        api_stores all{opened_functions, opened_secrets, opened_logs, opened_bundles, opened_nodes};
        co_return all;
    }
};

/// A gateway that has only the management API, on a free port, and a client of it.
class api_front {
public:
    api_front(jetstream::context js, api_stores given, gateway::system_options opts = gateway::system_options())
        : connection(js.connection()),
          stores(std::move(given)),
          table(js, stores.functions),
          nodes(js, stores.nodes),
          api(parts(), std::move(opts)),
          server(js.connection().executor(), server_options(), [this](http::exchange& asked) { return handle(asked); }),
          client(js.connection().executor(), client_options()) {}

    asio::awaitable<void> ready() {
        co_await table.ready(20s);
        co_await nodes.ready(20s);
    }
    asio::awaitable<void> stop() {
        api.stop();
        co_await server.stop(5s);
        co_await table.stop();
        co_await nodes.stop();
    }

    asio::awaitable<http::response> ask(std::string method, std::string path, std::string body = {}) {
        http::request asked(std::move(method), url(path));
        asked.body = std::move(body);
        asked.timeout = 30s;
        return client.send(std::move(asked));
    }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + path;
    }
    /// The answer as JSON; null when it is none.
    static boost::json::value json(const http::response& answer) {
        boost::json::error_code failed;
        auto value = boost::json::parse(answer.body, failed);
        return failed ? boost::json::value() : value;
    }
    asio::awaitable<boost::json::value> get_json(std::string path) {
        const auto answer = co_await ask("GET", path);
        EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/json") << path;
        co_return json(answer);
    }
    /// Deploys `functions/http-echo` under a name, with more members of the JSON.
    asio::awaitable<void> deploy(std::string name, std::string more = {}) {
        const auto body = R"({"service":")" + name + R"(","image":"functions/http-echo")" + more + "}";
        const auto answer = co_await ask("POST", "/system/functions", body);
        EXPECT_EQ(answer.status, 202) << answer.body;
    }
    /// Says what a node would: of one function.
    asio::awaitable<void> tell(functions::function_state state) {
        functions::node_state node;
        node.id = "node1";
        node.functions.push_back(state);
        const auto text = functions::write_node_state(node);
        const functions::function_name name = functions::function_name::from_key(state.key);
        co_await stores.nodes.put("node1", text);
        const bool seen = co_await eventually([&] { return nodes.of(name).ready == state.ready; });
        EXPECT_TRUE(seen);
    }

    nats::connection connection;
    api_stores stores;
    functions::function_table table;
    functions::node_table nodes;
    std::vector<audited> audit;
    std::vector<std::string> failures;  // that no answer was made for
    std::uint64_t answered = 0;         // calls of each function
    gateway::verdict by{};
    gateway::system_api api;
    http::server server;
    http::client client;

private:
    gateway::system_parts parts() {
        return {connection,
                stores.functions,
                table,
                nodes,
                stores.secrets,
                stores.logs,
                stores.bundles,
                [this](const gateway::audit_record& one) { audit.emplace_back(one); },
                [this](const functions::function_name&) { return answered; }};
    }
    http::server_options server_options() {
        http::server_options options;
        options.on_failure = [this](std::string_view what) { failures.emplace_back(what); };
        return options;
    }
    static http::client_options client_options() {
        http::client_options options;
        options.proxy = "";
        options.retries = 0;
        return options;
    }
    asio::awaitable<void> handle(http::exchange& asked) {
        const auto who = by;
        const bool ours = co_await api.handle(asked, who);
        if (!ours) asked.respond(404, {}, "not ours");
    }
};

/// A test of the management API on a server of its own.
class system_api_test : public live_test {
protected:
    /// Runs `body(front)`; secrets can be sealed.
    template <class Body>
    void with_api(Body body, nats_server_options options = {}) {
        with_jetstream(
            [body](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
                return prepared(server, std::move(js), body);
            },
            std::move(options));
    }

private:
    template <class Body>
    static asio::awaitable<void> prepared(nats_server& server, jetstream::context js, Body body) {
        auto stores = co_await api_stores::open(js);
        const auto key = functions::sealing_key::generate().public_key();
        co_await stores.secrets.publish_key(key);
        api_front front(js, stores);
        co_await front.ready();
        if constexpr (std::is_invocable_v<Body, api_front&, nats_server&>)
            co_await body(front, server);
        else
            co_await body(front);
        co_await front.stop();
        EXPECT_EQ(front.failures, std::vector<std::string>());
    }
};

}  // namespace mote::test
