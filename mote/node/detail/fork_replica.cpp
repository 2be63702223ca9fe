#include <mote/node/detail/fork_replica.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/detail/cgi_environment.hpp>
#include <mote/node/detail/fork_run.hpp>
#include <mote/node/detail/process_replica.hpp>
#include <mote/node/error.hpp>
#include <mote/process/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <exception>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

}  // namespace

asio::awaitable<void> fork_replica::start() {
    group_.emplace(from().group(instance()));
    auto server = from().spawn_server();
    if (server == nullptr) co_return;
    server->group = &*group_;
    auto started = process::spawner::start(parts().connection.executor(), *server, parts().opts.start_timeout);
    spawner_.emplace(std::move(started));
    asio::co_spawn(parts().connection.executor(), watch(std::static_pointer_cast<fork_replica>(shared_from_this())),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> fork_replica::watch(std::shared_ptr<fork_replica> self) {
    co_await self->spawner_->ended();
    if (self->stopping_ || !self->trouble().empty()) co_return;
    self->ended(self->spawner_->silent() ? "the sandbox does not answer" : "the sandbox has ended");
}

asio::awaitable<process::child> fork_replica::spawn(const function_call& call) {
    const auto& settings = from().settings();
    environment_list more;
    if (settings.cgi_headers || settings.mode != run_mode::classic) {
        cgi_request asked;
        asked.method = call.method();
        asked.path = call.path();
        asked.query = call.query();
        asked.host = call.host();
        asked.content_length = call.content_length();
        asked.headers = call.headers();
        more = cgi_environment(asked, settings.mode == run_mode::classic ? cgi_names::classic : cgi_names::of_watchdog);
    }
    auto command = from().command(std::move(more), spawner_ ? launch::where::inside : launch::where::new_sandbox);
    command.input = process::stream::pipe;
    command.output = process::stream::pipe;
    const bool combined = settings.mode == run_mode::classic && settings.combine_output;
    command.error = combined ? process::stream::merge : process::stream::pipe;
    if (spawner_) {
        auto made = co_await spawner_->run(std::move(command), call.deadline());
        co_return made;
    }
    command.group = &*group_;
    co_return process::child::start(parts().connection.executor(), command);
}

/// What calls left behind may be as many processes as there may be: they go with the replica. At once where no other call would
/// go with it; those that go on make room as they end, or have as long as a sandbox that says nothing.
void fork_replica::note_no_room() {
    const auto now = std::chrono::steady_clock::now();
    if (!full_since_) full_since_ = now;
    const bool is_alone = in_flight() == 1;
    if (stopping_ || !trouble().empty() || (!is_alone && now - *full_since_ < parts().opts.start_timeout)) return;
    ended("its calls have left as many processes as it may have, and no more can be started");
}

/// The kernel counts what it kills for want of memory, and not whom.
std::string fork_replica::note_memory(const process::exit_status& how) {
    const auto killed = group_ ? group_->usage().out_of_memory.value_or(0) : 0;
    const bool is_new = killed > std::exchange(out_of_memory_, killed);
    return is_new || (killed != 0 && how.signal == SIGKILL) ? from().out_of_memory() : std::string();
}

asio::awaitable<void> fork_replica::serve(std::shared_ptr<function_call> call) {
    const auto& settings = from().settings();
    if (settings.mode == run_mode::classic) log(log_time() + "Forking fprocess.");
    std::string failed;
    bool no_room = false;
    std::optional<process::child> process;
    try {
        process.emplace(co_await spawn(*call));
        full_since_.reset();
    } catch (const boost::system::system_error& error) {
        if (error.code() == errc::headers_too_large || error.code() == errc::bad_request) throw;
        if (error.code() == process::errc::no_answer) throw too_late(settings.mode);
        failed = nats::plain_reason(error.what());
        no_room = error.code() == process::errc::too_many_processes;
    }
    if (no_room) note_no_room();
    if (!process) {
        log(log_time() + "cannot start: " + failed);
        throw micro::service_error(500, "the function's process cannot be started: " + failed);
    }
    const auto self = shared_from_this();
    log_line to_log = [self, this](std::string_view text) { log(text); };
    failure_note why = [self, this](const process::exit_status& how) { return note_memory(how); };
    auto running =
        run_for_call(std::move(*process), call, settings, parts().opts.max_body, std::move(to_log), std::move(why));
    co_await std::move(running);
}

asio::awaitable<void> fork_replica::stop() {
    kill();
    group_.reset();
    co_return;
}

void fork_replica::kill() noexcept {
    stopping_ = true;
    spawner_.reset();
    if (group_) group_->kill_all();
}

replica_usage fork_replica::usage() const { return usage_of(group_); }

}  // namespace mote::node::detail
