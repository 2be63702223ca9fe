#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/platform.hpp>
#include <apps/mote/usage_hint.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string next_steps(const platform& all) {
    if (all.gateway() == nullptr)
        return "In another terminal:\n" + lines_to_copy(all.server(), {"ls", "req SUBJECT DATA"}) +
               "Ctrl-C ends the server.\n";
    return "In another terminal:\n" +
           lines_to_copy(*all.gateway(),
                         {"deploy shout --image functions/alpine --fprocess 'tr a-z A-Z'", "functions"}) +
           "  curl -d hello " + all.gateway()->url() + "/function/shout\n" + "Ctrl-C ends all of it.\n";
}

asio::awaitable<exit_code> up(loop* running, up_command chosen) {
    const auto all = co_await platform::start(running, chosen, "mote up");
    write_err(all->greeting());
    write_out(all->server().url() + "\n" + (all->gateway() == nullptr ? "" : all->gateway()->url() + "\n"));
    write_err(next_steps(*all));
    co_await running->interrupted();
    co_await all->stop();
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const up_command& chosen) {
    loop running;
    return running.run(up(&running, chosen));
}

}  // namespace mote::command
