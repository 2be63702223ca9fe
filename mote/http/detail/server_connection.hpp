#pragma once

#include <mote/http/detail/body_patience.hpp>
#include <mote/http/detail/input_buffer.hpp>
#include <mote/http/detail/parking.hpp>
#include <mote/http/detail/request_body.hpp>
#include <mote/http/detail/server_response.hpp>
#include <mote/http/detail/server_stream.hpp>
#include <mote/http/exchange.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::http::detail {

class server_core;

/// One connection of a server: reads requests one after the other, has them answered, and sends what there is to send in one
/// write for all that a read brought. A read is under way nearly always, also while a handler works, so that the end of the
/// connection is seen; while there is no room to read into, as a handler does not take more of a body, the socket is asked now
/// and then. Held by whatever is under way for it.
class server_connection
    : public std::enable_shared_from_this<server_connection>,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    using clock = std::chrono::steady_clock;
    enum class after_shut { linger, close };

    server_connection(std::shared_ptr<server_core> core, std::unique_ptr<server_stream> stream);
    server_connection(const server_connection&) = delete;
    server_connection& operator=(const server_connection&) = delete;
    ~server_connection();

    // For the server.
    void open();
    /// Answers 503 whatever is asked, and closes.
    void turn_away();
    /// Closes after the request that has begun, if one has.
    void stop();
    /// Closes now and cancels the handler.
    void abort();
    /// Ends what has taken too long.
    void sweep(clock::time_point now);

    // For the stream.
    void on_open(boost::system::error_code failed);
    void on_readable(boost::system::error_code failed);
    void on_read(boost::system::error_code failed, std::size_t size);
    void on_written(boost::system::error_code failed, std::size_t size);
    void on_shut(boost::system::error_code failed, after_shut then);

    // For the exchange.
    const protocol::request_head& request() const noexcept { return request_; }
    const std::string& peer() const noexcept { return stream_->peer(); }
    std::string_view body() const noexcept { return body_view_; }
    bool gone() const noexcept { return phase_ == phase::closed; }
    server_response& response() noexcept { return response_; }
    std::uint64_t received() const noexcept { return received_; }
    boost::asio::awaitable<std::string_view> read_some();
    boost::asio::awaitable<std::string_view> read_body(std::size_t most);
    std::optional<std::string_view> body_at_hand();
    open_request leave_open(std::shared_ptr<open_handler> who);
    void end_open(const std::exception_ptr& failed);
    /// Answers with what a handler threw, where it can still be said.
    void explain(const std::exception_ptr& failed);
    void spawn(boost::asio::awaitable<void> handler);
    template <class Headers>
    void respond(int status, const Headers& headers, std::string_view body) {
        prepare_whole();
        response_.whole(status, headers, body);
    }
    void start(int status, const header_list& headers);
    boost::asio::awaitable<void> write(std::string_view piece);

private:
    static constexpr std::size_t high_water = 65536;      // bytes to send that make a handler or the next request wait
    static constexpr std::size_t kept_capacity = 262144;  // of the buffers, from one request to the next
    static constexpr std::chrono::seconds between_looks{1};

    enum class phase { opening, head, body, handling, draining, closing, closed };

    void advance();
    bool step();
    bool read_head();
    bool begin_request();
    bool collect_body();
    bool call_function();
    bool call_handler();
    void let_guest_know();
    bool drain();
    void handler_done(const std::exception_ptr& failed);
    void conclude(const std::exception_ptr& failed);
    void answer_past_bound();
    bool refuse(int status, std::string_view why) { return refuse(status, why, request_); }
    bool refuse(int status, std::string_view why, const protocol::request_head& known);
    void tell_refusal(std::string_view why, const protocol::request_head& known) const;
    bool refuse_head(int status, std::string_view why);
    void prepare_response();
    void prepare_whole();
    void finish_request();
    void send_continue();

    void listen();
    bool needs_no_buffer() const noexcept;
    void rest() noexcept;
    void shrink();
    std::span<char> space();
    void flush();
    void flushed();
    void sent_all();
    void shut();
    void lost(bool ended);
    void expire();
    bool has_lost_peer(clock::time_point now) noexcept;
    void leave();
    void allow(std::chrono::milliseconds time);
    void wait_for_body();
    std::size_t to_send() const noexcept { return out_.size() + flying_.size() - sent_; }

    std::shared_ptr<server_core> core_;
    std::unique_ptr<server_stream> stream_;
    phase phase_ = phase::opening;

    input_buffer input_;
    protocol::head_scanner scanner_;
    std::string head_;  // what request_ looks into
    protocol::request_head request_;
    request_body body_{input_};
    body_patience patience_;
    std::string whole_body_;
    std::string_view body_view_{};
    std::uint64_t received_ = 0;  // bytes of the body that were given out

    std::string out_;
    server_response response_{out_};
    std::string flying_;  // under way; out_ is what comes behind it
    std::size_t sent_ = 0;

    http::exchange exchange_{*this};       // not the client's, which is in this namespace
    std::shared_ptr<open_handler> guest_;  // who answers later; keeps this, too, so to be let go at the end
    boost::asio::cancellation_signal cancel_;
    parking reader_;
    parking writer_;

    std::optional<clock::time_point> deadline_{};
    std::optional<clock::time_point> write_deadline_{};
    clock::time_point next_look_{};  // after the peer, while nothing is read

    bool advancing_ = false;
    bool again_ = false;
    bool reading_ = false;
    bool writing_ = false;
    bool head_begun_ = false;
    bool continue_sent_ = false;
    bool body_lost_ = false;
    bool in_flight_ = false;
    bool left_open_ = false;
    bool shut_ = false;        // said that nothing more is written
    bool peer_ended_ = false;  // he writes nothing more
};

}  // namespace mote::http::detail
