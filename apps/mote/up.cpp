#include <apps/mote/commands.hpp>
#include <apps/mote/local_server.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/usage_hint.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<exit_code> up(loop* running, up_command chosen) {
    const auto server = co_await local_server::start(chosen.directory, chosen.port);
    server->when_ended([running](const std::exception_ptr& cause) { running->fail(cause); });
    std::string version;
    {
        const auto connection = co_await server->connect("mote up");
        version = connection.server().version;
    }
    write_err(greeting(*server, version, chosen.port));
    write_out(server->url() + "\n");
    write_err("In another terminal:\n" + lines_to_copy(*server, {"ls", "req SUBJECT DATA"}) +
              "Ctrl-C ends the server.\n");
    co_await running->interrupted();
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const up_command& chosen) {
    loop running;
    return running.run(up(&running, chosen));
}

}  // namespace mote::command
