#include <mote/node/detail/process_replica.hpp>

#include <mote/node/detail/fork_run.hpp>
#include <mote/node/detail/line_splitter.hpp>
#include <mote/process/listener.hpp>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>

namespace mote::node::detail {

namespace asio = boost::asio;

void process_replica::start_process(std::vector<std::pair<std::string, std::string>> more,
                                    const sandbox_extras& extras) {
    group_.emplace(from().group(instance()));
    auto command = from().command(std::move(more), launch::where::new_sandbox, extras);
    command.output = process::stream::pipe;
    command.error = process::stream::pipe;
    command.group = &*group_;
    const auto executor = parts().connection.executor();
    process_.emplace(process::child::start(executor, command));
    const auto self = std::static_pointer_cast<process_replica>(shared_from_this());
    const auto ignore = [](const std::exception_ptr&) {};
    asio::co_spawn(executor, read_output(self, &process_->output(), "stdout"), ignore);
    asio::co_spawn(executor, read_output(self, &process_->error(), "stderr"), ignore);
    asio::co_spawn(executor, watch(self), ignore);
}

bool process_replica::has_port(std::uint16_t port) const {
    const auto all = group_->processes();
    return !all || process::who_listens(port, *all) != process::listener::somebody_else;
}

asio::awaitable<void> process_replica::watch(std::shared_ptr<process_replica> self) {
    co_await self->process_->wait();
    self->on_process_end();
    if (self->stopping_) co_return;
    self->ended(self->how_it_ended());
}

std::string process_replica::how_it_ended() const {
    constexpr int shell_signals = 128;  // a sandbox says it as a shell does
    constexpr int most_signals = 64;
    const auto& status = *process_->status();
    const bool told = status.signal == 0 && status.code > shell_signals &&
                      status.code <= shell_signals + most_signals && from().is_sandboxed();
    const int signal = told ? status.code - shell_signals : status.signal;
    const auto how = signal != 0 ? "its process was ended by signal " + std::to_string(signal)
                                 : "its process exited with code " + std::to_string(status.code);
    const bool failed = signal == SIGKILL || (signal == 0 && status.code != 0);
    const bool is_starved = failed && group_ && group_->usage().out_of_memory.value_or(0) != 0;
    return is_starved ? how + from().out_of_memory() : how;
}

asio::awaitable<void> process_replica::read_output(std::shared_ptr<process_replica> self,
                                                   asio::posix::stream_descriptor* from, std::string_view label) {
    std::array<char, 8192> bytes{};
    const auto& settings = self->from().settings();
    line_splitter lines(settings.log_buffer_size);
    const auto on_line = [&](std::string_view line) {
        if (!settings.prefix_logs) return self->log(line);
        auto text = log_time();
        text.append(label).append(": ").append(line);
        self->log(text);
    };
    for (;;) {
        boost::system::error_code failed;
        const auto got =
            co_await from->async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failed));
        if (failed) break;
        lines.feed(std::string_view(bytes.data(), got), on_line);
    }
    lines.finish(on_line);
}

void process_replica::ask_to_end() noexcept {
    stopping_ = true;
    if (process_) process_->signal(SIGTERM);
}

asio::awaitable<void> process_replica::stop() {
    stopping_ = true;
    on_process_end();
    if (process_ && !process_->status()) co_await process_->stop(parts().opts.stop_grace);
    if (group_) group_->kill_all();
    group_.reset();
}

void process_replica::kill() noexcept {
    stopping_ = true;
    if (process_) process_->signal(SIGKILL);
    if (group_) group_->kill_all();
}

replica_usage process_replica::usage() const { return usage_of(group_); }

replica_usage usage_of(const std::optional<process::control_group>& group) {
    replica_usage result;
    if (!group) return result;
    const auto found = group->usage();
    result.memory = found.memory.value_or(0);
    result.cpu_time = found.cpu_time.value_or(std::chrono::nanoseconds(0));
    result.limits = group->kind();
    return result;
}

}  // namespace mote::node::detail
