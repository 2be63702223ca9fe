#include <apps/mote/commands.hpp>
#include <apps/mote/output.hpp>

#include <mote/micro/prometheus.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<exit_code> metrics(metrics_command chosen, server_access access) {
    const auto services = co_await ask_services(access, chosen.whom, &micro::discovery::stats);
    write_out(micro::prometheus_text(services));
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const metrics_command& chosen) { return run_with_access(chosen, metrics); }

}  // namespace mote::command
