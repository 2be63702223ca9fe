#include <mote/process/detail/spawn_client.hpp>

#include <mote/process/detail/local_process.hpp>
#include <mote/process/detail/pipes.hpp>
#include <mote/process/error.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace mote::process::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_waiting = 10'000;
constexpr int packets_a_turn = 64;
constexpr exit_status killed{.code = 128 + SIGKILL, .signal = SIGKILL};

errc known_code(int code) noexcept {
    const bool known = code >= static_cast<int>(errc::program_not_found) && code <= static_cast<int>(errc::bad_limit);
    if (code == static_cast<int>(errc::too_many_processes)) return errc::too_many_processes;
    return known ? static_cast<errc>(code) : errc::cannot_start;
}

}  // namespace

spawn_client::spawn_client(const asio::any_io_executor& executor, std::chrono::milliseconds patience)
    : executor_(executor), socket_(executor), ended_(executor), silence_(executor), patience_(patience) {}

void spawn_client::start(const command& server) {
    ignore_broken_pipes();
    check_command(server);
    if (server.output == stream::pipe || server.error == stream::pipe || server.input != stream::null) {
        throw_error(errc::bad_command, "a spawner's stdin is its own, and its stdout and stderr are no pipes");
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw_error(errc::cannot_start, "socketpair: " + std::generic_category().message(errno));
    }
    descriptor ours(ends[0]);
    const descriptor theirs(ends[1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    socket_.assign(ours.get());
    ours.release();

    const pipes streams(server);
    const auto process = std::make_shared<local_process>(executor_, server.plan != nullptr);
    process->adopt(start_process(server, {theirs.get(), streams.theirs()[1], streams.theirs()[2]}));
    server_.emplace(running::make_child(process));
    read();
}

void spawn_client::stop() noexcept {
    if (ended_.is_open()) return;
    const auto self = shared_from_this();
    boost::system::error_code ignored;
    socket_.close(ignored);
    silence_.cancel();
    if (server_) server_->signal(SIGKILL);
    queue_.clear();
    ended_.open();
    const auto gone = std::exchange(processes_, {});
    waiting_ = 0;
    for (const auto& [id, process] : gone) {
        // Its sandbox is killed as a whole; without one the kernel kills it with its parent.
        if (!process->answered().is_open())
            process->has_failed(errc::cannot_start, silent_ ? "the spawner does not answer" : "the spawner ended");
        process->has_ended(killed);
    }
}

asio::awaitable<void> spawn_client::ended(std::shared_ptr<spawn_client> self) { co_await self->ended_.wait(); }

asio::awaitable<child> spawn_client::run(std::shared_ptr<spawn_client> self, command what, clock::time_point until) {
    const auto process = self->ask(std::move(what));
    child result = running::make_child(process);  // kills it when this is cancelled or fails
    asio::steady_timer late(self->executor_);
    if (until != clock::time_point::max()) {
        late.expires_at(until);
        late.async_wait([process](boost::system::error_code cancelled) {
            if (!cancelled && !process->answered().is_open())
                process->has_failed(errc::no_answer, "the spawner has not started it in time");
        });
    }
    co_await process->answered().wait();
    if (const auto& failed = process->failed()) throw_error(failed->code, failed->text);
    co_return result;
}

std::shared_ptr<remote_process> spawn_client::ask(command what) {
    check_command(what);
    if (what.plan || what.group != nullptr || !what.descriptors.empty()) {
        throw_error(errc::bad_command, "a spawner's command with a sandbox, a group or descriptors of its own");
    }
    if (!is_running()) throw_error(errc::cannot_start, "the spawner ended");
    if (waiting_ >= most_waiting) throw_error(errc::cannot_start, "too many starts at once");

    pipes streams(what);
    auto process = std::make_shared<remote_process>(executor_, weak_from_this(), ++last_id_);
    streams.give_ours(*process);
    outgoing message{.id = process->id(), .bytes = {}, .descriptors = streams.take_theirs()};
    start_message asked{.id = process->id(), .what = std::move(what)};
    message.bytes = encode(asked);
    if (message.bytes.size() > longest_message) throw_error(errc::bad_command, "longer than 8 MiB");
    if (message.bytes.size() > longest_packet) {
        message.descriptors.push_back(file_of(message.bytes));
        if (!message.descriptors.back()) throw_error(errc::cannot_start, "no file in memory");
        message.bytes = encode_large();
    }
    processes_.emplace(process->id(), process);
    if (++waiting_ == 1) await_word();
    send(std::move(message));
    return process;
}

void spawn_client::signal(std::uint64_t id, int number) noexcept try {
    if (!processes_.contains(id)) return;
    const signal_message message{.id = id, .number = number};
    send({.id = 0, .bytes = encode(message), .descriptors = {}});
} catch (const std::bad_alloc&) {
    stop();  // it would live on
}

void spawn_client::send(outgoing message) {
    const io_result sent = queue_.empty() ? try_send(message) : io_result::later;
    if (sent == io_result::refused) return refuse(message.id, errc::cannot_start, "the message to the spawner");
    if (sent != io_result::later) return;  // closed: reading says it too
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) flush();
}

io_result spawn_client::try_send(const outgoing& message) noexcept {
    std::array<int, most_descriptors> numbers{};
    std::size_t count = 0;
    for (const descriptor& one : message.descriptors) numbers[count++] = one.get();
    return send_packet(socket_.native_handle(), message.bytes, {numbers.data(), count}, MSG_DONTWAIT);
}

/// Sends what waits, as far as the socket takes it, and comes again when it takes more.
void spawn_client::flush() {
    while (!queue_.empty()) {
        const io_result sent = try_send(queue_.front());
        if (sent == io_result::later) break;
        if (sent == io_result::refused) refuse(queue_.front().id, errc::cannot_start, "the message to the spawner");
        queue_.pop_front();
    }
    if (queue_.empty()) return;
    socket_.async_wait(asio::posix::descriptor_base::wait_write,
                       [self = shared_from_this()](boost::system::error_code failed) {
                           if (!failed && self->is_running()) self->flush();
                       });
}

void spawn_client::read() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this()](boost::system::error_code failed) {
                           if (!self->is_running()) return;
                           if (failed) return self->stop();
                           self->take_packets();
                       });
}

/// From now on the server has `patience_` for its next word, while anything waits for one.
void spawn_client::await_word() {
    silence_.expires_after(patience_);
    silence_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
        const auto self = weak.lock();
        if (cancelled || !self || !self->is_running() || self->waiting_ == 0) return;
        if (self->silence_.expiry() > clock::now()) return;  // it spoke while this was on its way
        self->silent_ = true;
        self->stop();
    });
}

void spawn_client::take_packets() {
    // Of all clients of this thread: nothing of a packet is kept, and there is a client for each function that runs.
    static thread_local std::string buffer(longest_packet, '\0');
    packet got;
    for (int taken = 0; taken < packets_a_turn; ++taken) {
        const io_result result = receive_packet(socket_.native_handle(), buffer, got, MSG_DONTWAIT);
        if (result == io_result::later) break;
        if (result == io_result::closed) return stop();
        const auto message = decode_to_client(got.bytes);
        if (message && got.whole) take(*message);
        if (!is_running()) return;
    }
    if (waiting_ > 0) await_word();
    read();
}

void spawn_client::take(const to_client& message) {
    const std::uint64_t id = std::visit([](const auto& any) { return any.id; }, message);
    const auto found = processes_.find(id);
    if (found == processes_.end()) return;
    const auto process = found->second;
    const bool is_started = process->is_started();
    if (const auto* started = std::get_if<started_message>(&message); started != nullptr && !is_started) {
        --waiting_;
        process->has_started(started->pid);
    } else if (const auto* failed = std::get_if<failed_message>(&message); failed != nullptr && !is_started) {
        refuse(id, known_code(failed->code), failed->text);
    } else if (const auto* ended = std::get_if<ended_message>(&message); ended != nullptr && is_started) {
        processes_.erase(found);
        process->has_ended({.code = ended->code, .signal = ended->signal});
    }
}

void spawn_client::refuse(std::uint64_t id, errc code, std::string text) {
    const auto found = processes_.find(id);
    if (found == processes_.end()) return;
    const auto process = found->second;
    processes_.erase(found);
    --waiting_;
    process->has_failed(code, std::move(text));
    process->has_ended({.code = 127, .signal = 0});
}

}  // namespace mote::process::detail
