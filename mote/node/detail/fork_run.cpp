#include <mote/node/detail/fork_run.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/node/detail/line_splitter.hpp>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <ctime>
#include <exception>
#include <optional>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t read_size = 64 * 1024;
constexpr std::chrono::milliseconds pipe_grace(500);

/// One process and the call that it is for. Shared by what feeds it, what reads from it and what waits for it.
struct run {
    run(process::child started, std::shared_ptr<function_call> asked, watchdog_settings how, log_line to_log,
        failure_note note, const asio::any_io_executor& executor)
        : process(std::move(started)),
          call(std::move(asked)),
          settings(std::move(how)),
          log(std::move(to_log)),
          why(std::move(note)),
          deadline(executor),
          letting_go(executor),
          over(executor) {}

    process::child process;
    std::shared_ptr<function_call> call;
    watchdog_settings settings;
    log_line log;
    failure_note why;
    asio::steady_timer deadline;
    asio::steady_timer letting_go;
    nats::async_event over;  // the process has ended, or its time
    asio::cancellation_signal feeding;
    bool timed_out = false;
    bool answered = false;
    bool lets_go = false;  // a read that is cancelled is at the end of its pipe
    std::array<char, read_size> buffer{};
};

/// Ends the reads that find nothing to read; all, when nobody wants to know any more.
void end_reads(run& of) {
    of.lets_go = true;
    const bool all = of.timed_out || of.answered;
    boost::system::error_code ignored;
    for (auto* pipe : {&of.process.output(), &of.process.error()}) {
        if (!pipe->is_open()) continue;
        if (all)
            pipe->close(ignored);
        else
            pipe->cancel(ignored);
    }
}

/// A process that this one started may have made a session of its own, and hold the pipes open for as long as it likes. So
/// the end of the first one is that of its pipes, a moment later, and when all has been read that was written by then.
void let_go(const std::shared_ptr<run>& self) {
    self->letting_go.expires_after(pipe_grace);
    self->letting_go.async_wait([weak = std::weak_ptr(self)](const boost::system::error_code& cancelled) {
        const auto still = weak.lock();
        if (cancelled || still == nullptr) return;
        end_reads(*still);
        let_go(still);  // who reads slowly may not yet have been at a read that waits
    });
}

asio::awaitable<void> watch(std::weak_ptr<run> of) {
    auto self = of.lock();
    if (self == nullptr) co_return;
    auto end = self->process.wait();
    self.reset();  // or nothing would end the process of a run that is dropped
    co_await std::move(end);
    self = of.lock();
    if (self == nullptr) co_return;
    self->over.set();
    let_go(self);
}

/// Until the process has ended or the call's deadline has passed.
asio::awaitable<void> until_over(std::shared_ptr<run> self) {
    while (!self->process.status() && !self->timed_out) co_await self->over.wait_until(clock::time_point::max());
}

/// Ends the process and what goes on around it, however the answer ended.
class run_guard {
public:
    explicit run_guard(std::shared_ptr<run> of) noexcept : of_(std::move(of)) {}
    run_guard(const run_guard&) = delete;
    run_guard& operator=(const run_guard&) = delete;
    ~run_guard() {
        of_->answered = true;
        of_->deadline.cancel();
        if (!of_->process.status()) of_->process.signal(SIGKILL);
        of_->feeding.emit(asio::cancellation_type::terminal);
        let_go(of_);
    }

private:
    std::shared_ptr<run> of_;
};

asio::awaitable<void> feed(std::shared_ptr<run> self) {
    boost::system::error_code failed;
    auto& input = self->process.input();
    if (!self->call->is_streamed()) {
        const auto body = self->call->body();
        if (!body.empty())
            co_await asio::async_write(input, asio::buffer(body), asio::redirect_error(asio::use_awaitable, failed));
    } else {
        while (!failed) {
            std::string_view piece;
            try {
                piece = co_await self->call->next_piece();
            } catch (const micro::service_error&) {
                self->process.signal(SIGKILL);  // nobody waits for what it makes of half a body
                co_return;
            }
            if (piece.empty()) break;
            co_await asio::async_write(input, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, failed));
        }
    }
    input.close(failed);
}

asio::awaitable<void> read_errors(std::shared_ptr<run> self) {
    std::array<char, 4096> bytes{};
    line_splitter lines(self->settings.log_buffer_size);
    const auto on_line = [&](std::string_view line) {
        self->log(self->settings.prefix_logs ? log_time() + "stderr: " + std::string(line) : std::string(line));
    };
    for (;;) {
        boost::system::error_code failed;
        const auto got = co_await self->process.error().async_read_some(
            asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failed));
        if (failed) break;
        lines.feed(std::string_view(bytes.data(), got), on_line);
    }
    lines.finish(on_line);
}

/// The next piece of the output, good until the next call; empty at its end.
asio::awaitable<std::string_view> read_output(std::shared_ptr<run> self) {
    boost::system::error_code failed;
    const auto got = co_await self->process.output().async_read_some(asio::buffer(self->buffer),
                                                                     asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::operation_aborted && !self->lets_go) throw boost::system::system_error(failed);
    co_return std::string_view(self->buffer.data(), got);
}

std::string seconds_since(clock::time_point start) {
    return functions::call_headers::duration_text(clock::now() - start);
}

/// As Go says it, which begins signals small; empty for success.
std::string trouble_of(const process::exit_status& ended) {
    if (ended.signal != 0) {
        std::string name = ::strsignal(ended.signal);
        if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] | 0x20);
        return "signal: " + name;
    }
    if (ended.code != 0) return "exit status " + std::to_string(ended.code);
    return {};
}

void log_trouble(const run& of, const std::string& trouble) {
    of.log(log_time() + "fprocess: " + trouble + of.why(*of.process.status()));
}

http::header_list head_of(const run& self) {
    http::header_list headers;
    auto type = self.settings.content_type;
    if (type.empty()) type = std::string(self.call->header("Content-Type").value_or("text/plain"));
    headers.emplace_back("Content-Type", std::move(type));
    return headers;
}

micro::reply_stream<micro::stream_item> output_of(std::shared_ptr<run> self) {
    const run_guard guard(self);
    micro::stream_item item;
    item.headers = function_call::head_of(http::status::ok, {}, head_of(*self));
    co_yield item;
    item.headers = nats::headers();
    for (;;) {
        const auto piece = co_await read_output(self);
        if (piece.empty()) break;
        item.data = piece;
        co_yield item;
    }
    co_await until_over(self);
    if (self->timed_out) throw too_late(self->settings.mode);
    const auto trouble = trouble_of(*self->process.status());
    if (!trouble.empty()) log_trouble(*self, trouble);
}

asio::awaitable<void> answer_whole(std::shared_ptr<run> self, std::size_t max_output) {
    const run_guard guard(self);
    std::string output;
    for (;;) {
        const auto piece = co_await read_output(self);
        if (piece.empty()) break;
        output += piece;
        if (output.size() > max_output) {
            self->log(log_time() + "killed: its output is over " + std::to_string(max_output) + " bytes");
            throw micro::service_error(http::status::internal_server_error,
                                       "the function's output is over " + std::to_string(max_output) + " bytes");
        }
    }
    co_await until_over(self);
    const bool classic = self->settings.mode == run_mode::classic;
    if (self->timed_out) {
        self->log(log_time() + "Killed process: " + seconds_since(self->call->started()) + "s");
        throw too_late(self->settings.mode);
    }
    const auto took = seconds_since(self->call->started());
    const auto trouble = trouble_of(*self->process.status());
    if (self->settings.write_debug) {
        line_splitter lines(self->settings.log_buffer_size);
        lines.feed(output, self->log);
        lines.finish(self->log);
    }
    if (!trouble.empty()) {
        log_trouble(*self, trouble);
        auto text = trouble + "\n" + (classic ? output : std::string());
        auto sent =
            self->call->respond_whole(http::status::internal_server_error,
                                      {{"Content-Type", "text/plain"}, {"X-Duration-Seconds", took}}, std::move(text));
        co_return co_await std::move(sent);
    }
    const auto wrote =
        self->settings.write_debug ? std::string() : "Wrote " + std::to_string(output.size()) + " Bytes - ";
    if (classic) self->log(log_time() + wrote + "Duration: " + took + "s");
    auto headers = head_of(*self);
    headers.emplace_back("X-Duration-Seconds", took);
    auto sent = self->call->respond_whole(http::status::ok, std::move(headers), std::move(output));
    co_await std::move(sent);
}

}  // namespace

micro::service_error too_late(run_mode mode) {
    if (mode == run_mode::streaming) return {http::status::gateway_timeout, "the function took too long"};
    return {mode == run_mode::classic ? http::status::request_timeout : http::status::gateway_timeout,
            "Killed process."};
}

std::string log_time() {
    const auto now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S ", &parts));
}

asio::awaitable<void> run_for_call(process::child process, std::shared_ptr<function_call> call,
                                   watchdog_settings settings, std::size_t max_output, log_line log, failure_note why) {
    const auto executor = co_await asio::this_coro::executor;
    const auto mode = settings.mode;
    const bool has_errors = mode != run_mode::classic || !settings.combine_output;
    const auto self = std::make_shared<run>(std::move(process), std::move(call), std::move(settings), std::move(log),
                                            std::move(why), executor);
    if (self->call->deadline() != clock::time_point::max()) {
        self->deadline.expires_at(self->call->deadline());
        self->deadline.async_wait([weak = std::weak_ptr(self)](const boost::system::error_code& cancelled) {
            const auto late = weak.lock();
            if (cancelled || late == nullptr) return;
            late->timed_out = true;
            late->process.signal(SIGKILL);
            end_reads(*late);
            late->over.set();
        });
    }
    const auto ignore = [](const std::exception_ptr&) {};
    asio::co_spawn(executor, watch(self), ignore);
    asio::co_spawn(executor, feed(self), asio::bind_cancellation_slot(self->feeding.slot(), ignore));
    if (has_errors) asio::co_spawn(executor, read_errors(self), ignore);
    if (mode == run_mode::streaming) {
        auto pieces = output_of(self);
        co_await self->call->respond_in_pieces(std::move(pieces));
    } else {
        co_await answer_whole(self, max_output);
    }
}

}  // namespace mote::node::detail
