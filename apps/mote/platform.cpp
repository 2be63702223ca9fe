#include <apps/mote/platform.hpp>

#include <apps/mote/usage_hint.hpp>

#include <exception>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// Named here, as g++ 12 wants no braces inside of a coroutine's await.
constexpr std::chrono::nanoseconds platform_patience = std::chrono::seconds(10);
constexpr std::uint16_t more_ports = 100;
constexpr std::uint16_t operate_port = 8082;

}  // namespace

asio::awaitable<std::unique_ptr<platform>> platform::start(loop* running, up_command chosen, std::string name) {
    std::unique_ptr<platform> made(new platform(chosen));
    made->server_ = co_await local_server::start(chosen.directory, chosen.port, chosen.nats_login);
    made->server_->when_ended([running](const std::exception_ptr& cause) { running->fail(cause); });
    made->connection_ = co_await made->server_->connect(name);
    if (chosen.functions) co_await made->start_functions(name);
    co_return made;
}

/// The node first: then the first request that the gateway takes can be answered. Each has a connection of its own, so that
/// neither waits in the other's line.
asio::awaitable<void> platform::start_functions(std::string name) {
    const auto& directory = server_->directory();
    node_connection_ = co_await server_->connect(name + " node");
    node_settings node;
    node.directory = (directory / "node").string();
    node.sandbox = chosen_.sandbox;
    if (server_->login()) node.login_seed = server_->login()->account_seed().string();
    node_ = co_await function_node::start(node_connection_, node);

    gateway_settings gateway;
    gateway.listen.port = chosen_.http_port;
    gateway.operate = listen_address{.address = "127.0.0.1", .port = operate_port};
    gateway.more_ports = more_ports;
    gateway.credentials = (directory / "credentials").string();
    gateway_ = co_await gateway_server::start(connection_, gateway);
}

std::string platform::greeting() const {
    std::string text = command::greeting(*server_, connection_.server().version, chosen_.port);
    if (gateway_ == nullptr) return text;
    if (gateway_->port() != chosen_.http_port)
        text += "Port " + std::to_string(chosen_.http_port) + " is taken: HTTP uses " +
                std::to_string(gateway_->port()) + ".\n";
    text += "HTTP on " + gateway_->url() + ", metrics on " + gateway_->operate_url().value_or("") + "/metrics\n";
    return text + "The password of " + gateway_->url() + "/system is in " +
           (gateway_->credentials() / "basic-auth-password").string() + "\n";
}

asio::awaitable<void> platform::stop() {
    std::exception_ptr failed;
    try {
        if (gateway_ != nullptr) co_await gateway_->stop(platform_patience);
    } catch (...) {
        failed = std::current_exception();  // the processes of functions end in any case
    }
    if (node_ != nullptr) co_await node_->stop(platform_patience);
    if (node_connection_) co_await node_connection_.drain(platform_patience);
    co_await connection_.drain(platform_patience);
    if (failed) std::rethrow_exception(failed);
}

}  // namespace mote::command
