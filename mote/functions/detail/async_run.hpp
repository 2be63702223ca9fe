#pragma once

#include <mote/functions/detail/call_store.hpp>
#include <mote/functions/detail/function_call.hpp>
#include <mote/functions/detail/worker_core.hpp>
#include <mote/functions/retry_settings.hpp>
#include <mote/jetstream/delivery.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::functions::detail {

inline constexpr std::size_t longest_reason = 500;  // in a record, in bytes

/// One queued call in the hands of a worker, from its delivery until that is settled:
/// read the record -> run -> write the record -> dead letter, callback -> ack, or nak to have it again later.
class async_run : public std::enable_shared_from_this<async_run> {
public:
    async_run(std::shared_ptr<worker_core> core, std::shared_ptr<worker_lane> lane, jetstream::delivery delivery);

    static boost::asio::awaitable<void> go(std::shared_ptr<async_run> self);
    /// The same message again, as the server lost sight of the first delivery: settled together with it.
    void also(jetstream::delivery delivery);
    void cancel() noexcept;   ///< somebody said so
    void abandon() noexcept;  ///< nothing is settled any more
    /// From time to time: keeps the deliveries alive, and says in the record that it runs.
    void tick(std::chrono::steady_clock::time_point now);

    std::uint64_t sequence() const noexcept { return sequence_; }
    const std::string& call_id() const noexcept { return call_id_; }
    worker_lane& lane() const noexcept { return *lane_; }

private:
    enum class next_step { run, callback, cancel, nothing };

    static boost::asio::awaitable<void> run(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<next_step> begin(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<void> try_function(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<void> bury(std::shared_ptr<async_run> self, std::string reason);
    static boost::asio::awaitable<void> finish(std::shared_ptr<async_run> self, call_state state);
    static boost::asio::awaitable<void> call_back(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<void> call_back_at_once(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<bool> write(std::shared_ptr<async_run> self);
    static boost::asio::awaitable<void> note_running(std::shared_ptr<async_run> self, call_record shown,
                                                     kv::revision expected);
    next_step judge_record();
    void new_record();
    void take(call_answer answer);
    void bound_body();
    std::string header(std::string_view name) const;
    std::optional<std::chrono::nanoseconds> asked_timeout() const;
    function_call::request request_to(const description& what) const;
    callback_order callback_now() const;
    bool note_callback(const callback_outcome& outcome);
    /// The function has run: the next call may have its place.
    void set_aside() noexcept;
    void ack();
    void nak(std::chrono::nanoseconds delay);

    std::shared_ptr<worker_core> core_;
    std::shared_ptr<worker_lane> lane_;
    std::vector<jetstream::delivery> deliveries_;
    std::uint64_t sequence_ = 0;
    std::string call_id_;
    kept_record kept_;
    std::shared_ptr<function_call> call_;
    std::string body_;  // of the answer, when it is too large to be kept
    std::chrono::steady_clock::time_point kept_alive_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point began_{};  // the run of the function; none: it does not run
    bool noted_ = false;
    bool cancelled_ = false;
    bool aside_ = false;
};

}  // namespace mote::functions::detail
