// The lower half of a connection: what it reads and sends, and for how long.
#include <mote/http/detail/server_connection.hpp>
#include <mote/http/detail/server_core.hpp>

#include <boost/asio/ssl/error.hpp>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;
using boost::system::error_code;

void server_connection::open() {
    allow(core_->options().head_timeout);
    stream_->open(shared_from_this());
}

void server_connection::turn_away() {
    phase_ = phase::head;
    refuse_head(503, "too many connections");
    advance();
}

void server_connection::on_open(error_code failed) {
    if (phase_ == phase::closed) return;
    if (failed) return abort();
    phase_ = phase::head;
    allow(core_->options().idle_timeout);
    listen();
}

void server_connection::on_readable(error_code failed) {
    reading_ = false;
    if (phase_ == phase::closed) return;
    std::size_t size = 0;
    if (!failed) size = stream_->read_now(space(), failed);
    if (failed == asio::error::would_block) return listen();
    on_read(failed, size);
}

void server_connection::on_read(error_code failed, std::size_t size) {
    reading_ = false;
    if (phase_ == phase::closed) return;
    if (failed) return lost(failed == asio::error::eof || failed == asio::ssl::error::stream_truncated);
    input_.commit(size);
    advance();
}

/// Where the next bytes go. Those that a handler looks at, or a request that is not yet read, stay where they are.
std::span<char> server_connection::space() {
    if (body_.holding()) return input_.tail();
    if (!input_.has_memory()) input_.adopt(core_->spare_memory());
    if (phase_ == phase::head) return input_.room(core_->options().max_head + 1);
    return input_.room(body_.ended() ? input_buffer::first_capacity : input_buffer::largest);
}

void server_connection::listen() {
    if (reading_ || peer_ended_ || phase_ == phase::opening || phase_ == phase::closed) return;
    if (phase_ == phase::head && to_send() > high_water) return;
    if (needs_no_buffer() && stream_->wait(shared_from_this())) {
        reading_ = true;
        return core_->keep_spare(input_.release());
    }
    const auto into = space();
    if (into.empty()) return;
    reading_ = true;
    stream_->read(shared_from_this(), into);
}

/// Between two requests, and while one is answered that has come whole: many connections are in this state for long.
bool server_connection::needs_no_buffer() const noexcept {
    return input_.empty() && (phase_ == phase::head || (phase_ == phase::handling && body_.ended()));
}

/// Between two requests the memory of the last one, and of its answer, is others'.
void server_connection::rest() noexcept {
    if (phase_ != phase::head || to_send() != 0) return;
    for (auto* const each : {&head_, &out_, &flying_}) core_->take_back(*each);
}

/// An idle connection keeps no more than a small body needs.
void server_connection::shrink() {
    if (phase_ == phase::head && to_send() == 0 && whole_body_.capacity() > input_buffer::first_capacity)
        whole_body_.shrink_to_fit();
}

void server_connection::flush() {
    if (writing_ || phase_ == phase::closed) return;
    if (out_.empty()) return flushed();
    flying_.swap(out_);
    error_code failed;
    sent_ = stream_->write_now(flying_, failed);
    if (failed) return abort();
    if (sent_ == flying_.size()) {
        sent_all();
        return flushed();
    }
    writing_ = true;
    write_deadline_ = core_->deadline_in(core_->options().write_timeout);
    stream_->write(shared_from_this(), std::string_view(flying_).substr(sent_));
}

void server_connection::on_written(error_code failed, std::size_t size) {
    writing_ = false;
    if (phase_ == phase::closed) return;
    if (failed) return abort();
    sent_ += size;
    if (sent_ < flying_.size()) {
        writing_ = true;
        write_deadline_ = core_->deadline_in(core_->options().write_timeout);
        return stream_->write(shared_from_this(), std::string_view(flying_).substr(sent_));
    }
    write_deadline_.reset();
    sent_all();
    advance();
}

void server_connection::sent_all() {
    flying_.clear();
    sent_ = 0;
    if (flying_.capacity() > kept_capacity) flying_.shrink_to_fit();
}

/// All is sent that there was.
void server_connection::flushed() {
    writer_.resume({});
    if (phase_ == phase::closing && to_send() == 0) shut();
}

void server_connection::shut() {
    if (std::exchange(shut_, true)) return;
    allow(core_->options().linger);
    stream_->shut(shared_from_this());
}

void server_connection::on_shut(error_code failed, after_shut then) {
    if (phase_ == phase::closed) return;
    if (failed || peer_ended_ || then == after_shut::close) abort();
}

void server_connection::lost(bool ended) {
    const bool to_be_told = phase_ == phase::closing || (phase_ == phase::head && to_send() != 0);
    if (!ended || !to_be_told || (shut_ && to_send() == 0)) return abort();
    // Nothing more will come, but what he asked for before is still on its way to him.
    peer_ended_ = true;
    phase_ = phase::closing;
    flush();
}

void server_connection::stop() {
    if (phase_ == phase::opening) return abort();
    if (phase_ != phase::head) return;
    if (to_send() == 0) return abort();
    phase_ = phase::closing;
    flush();
}

void server_connection::abort() {
    if (phase_ == phase::closed) return;
    const auto self = shared_from_this();
    const bool handling = std::exchange(phase_, phase::closed) == phase::handling;
    // Where the end of the connection is that of the body, half of a body must not look like all of it.
    const bool cut = response_.ends_by_close() && (response_.streaming() || to_send() != 0);
    if (cut)
        stream_->reset();
    else
        stream_->close();
    if (!handling) return leave();
    reader_.resume_later(core_->executor(), asio::error::operation_aborted);
    writer_.resume_later(core_->executor(), asio::error::operation_aborted);
    if (guest_ != nullptr) return let_guest_know();
    cancel_.emit(asio::cancellation_type::terminal);
}

void server_connection::leave() { core_->left(*this); }

void server_connection::allow(std::chrono::milliseconds time) { deadline_ = core_->deadline_in(time); }

void server_connection::wait_for_body() { allow(patience_.wait(core_->now())); }

void server_connection::sweep(clock::time_point now) {
    if (write_deadline_ && *write_deadline_ < now) return abort();
    if (deadline_ && *deadline_ < now) return expire();
    if (has_lost_peer(now)) return abort();
    shrink();
}

/// What a read would tell, where none is under way. As there, one that has closed only his half has gone, whether or not all of
/// the request has come.
bool server_connection::has_lost_peer(clock::time_point now) noexcept {
    if (phase_ != phase::handling || reading_ || now < next_look_) return false;
    next_look_ = now + between_looks;
    return stream_->ended();
}

void server_connection::expire() {
    deadline_.reset();
    switch (phase_) {
        case phase::head:
            if (!head_begun_) return abort();
            refuse_head(408, "the headers come too slowly");
            return advance();
        case phase::body: refuse(408, "the body comes too slowly"); return advance();
        case phase::handling: return reader_.resume_later(core_->executor(), asio::error::timed_out);
        case phase::closing:
            if (to_send() != 0) return;  // the time of writes counts
            return abort();
        case phase::opening:
        case phase::draining: return abort();
        case phase::closed: return;
    }
}

}  // namespace mote::http::detail
