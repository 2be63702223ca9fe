#pragma once

#include <mote/process/detail/latch.hpp>
#include <mote/process/detail/packet_socket.hpp>
#include <mote/process/detail/remote_process.hpp>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mote::process::detail {

/// This side of a spawner: the server's process, the socket to it, and what became of what it was asked to start. What the
/// server says is not trusted: its sandbox may have taken it over.
class spawn_client : public std::enable_shared_from_this<spawn_client> {
public:
    using clock = std::chrono::steady_clock;

    spawn_client(const boost::asio::any_io_executor& executor, std::chrono::milliseconds patience);

    void start(const command& server);
    /// Ends the server, the children and all calls.
    void stop() noexcept;

    static boost::asio::awaitable<child> run(std::shared_ptr<spawn_client> self, command what, clock::time_point until);
    static boost::asio::awaitable<void> ended(std::shared_ptr<spawn_client> self);

    void signal(std::uint64_t id, int number) noexcept;

    bool is_running() const noexcept { return !ended_.is_open(); }
    bool is_silent() const noexcept { return silent_; }
    std::size_t children() const noexcept { return processes_.size() - waiting_; }
    pid_t pid() const noexcept { return server_ ? server_->pid() : -1; }

private:
    struct outgoing {
        std::uint64_t id = 0;  // of a start; 0: nobody waits for it
        std::string bytes;
        std::vector<descriptor> descriptors;
    };

    std::shared_ptr<remote_process> ask(command what);
    void send(outgoing message);
    io_result try_send(const outgoing& message) noexcept;
    void flush();
    void read();
    void await_word();
    void take_packets();
    void take(const to_client& message);
    void refuse(std::uint64_t id, errc code, std::string text);

    boost::asio::any_io_executor executor_;
    boost::asio::posix::stream_descriptor socket_;
    std::optional<child> server_;
    latch ended_;
    boost::asio::steady_timer silence_;
    std::chrono::milliseconds patience_;
    bool silent_ = false;
    std::uint64_t last_id_ = 0;
    std::unordered_map<std::uint64_t, std::shared_ptr<remote_process>> processes_;  // asked for and not ended
    std::size_t waiting_ = 0;                                                       // of them: not yet answered
    std::deque<outgoing> queue_;                                                    // the socket is full
};

}  // namespace mote::process::detail
