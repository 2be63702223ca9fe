#pragma once

#include <mote/process/detail/latch.hpp>
#include <mote/process/detail/running.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::process::detail {

class spawn_client;

/// A process that a spawn server starts or started.
class remote_process final : public running {
public:
    remote_process(const boost::asio::any_io_executor& executor, std::weak_ptr<spawn_client> client, std::uint64_t id);

    struct failure {
        errc code{};
        std::string text{};
    };

    std::uint64_t id() const noexcept { return id_; }
    /// Open as soon as `run` need not wait any more, though the server may not have said anything yet.
    latch& answered() noexcept { return answered_; }
    bool is_started() const noexcept { return started_; }
    const std::optional<failure>& failed() const noexcept { return failed_; }

    void has_started(pid_t pid) noexcept;
    void has_failed(errc code, std::string text) noexcept;
    void has_ended(exit_status status) noexcept { finish(status); }

private:
    void send(int number) noexcept override;

    std::weak_ptr<spawn_client> client_;
    std::uint64_t id_;
    latch answered_;
    bool started_ = false;
    std::optional<failure> failed_;
};

}  // namespace mote::process::detail
