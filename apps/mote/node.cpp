#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// Named here, as g++ 12 wants no braces inside of a coroutine's await.
constexpr std::chrono::nanoseconds node_patience = std::chrono::seconds(30);

asio::awaitable<exit_code> serve(loop* running, node_command chosen) {
    chosen.server.stays = true;
    const auto access = co_await open_access(chosen.server, running);
    const auto node = co_await function_node::start(access.connection, chosen.settings);
    write_out(node->id() + "\n");
    write_err("Node " + node->id() + " runs functions of " + access.connection.connected_server() + ", data in " +
              node->directory().string() + "; Ctrl-C ends it.\n");
    co_await running->interrupted();
    co_await node->stop(node_patience);
    co_await access.connection.drain(node_patience);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const node_command& chosen) {
    loop running;
    return running.run(serve(&running, chosen));
}

}  // namespace mote::command
