#include <mote/micro/detail/stream_inbox.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/deadline.hpp>
#include <mote/micro/detail/error_headers.hpp>
#include <mote/micro/detail/stream_wire.hpp>

#include <algorithm>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_without_window = 65'536;
constexpr std::size_t room_beside_items = 16;  // for the end, and for what does not belong there

/// Of an endpoint that answers once: no item of a stream, no error, and not the server's word that nobody listens.
bool is_whole_answer(const nats::message_view& reply) {
    if (reply.headers.empty()) return true;
    if (reply.headers.status() != 0) return false;
    for (const auto& [name, value] : reply.headers)
        if (name == stream_item_header || name == stream_end_header || name == error_header ||
            name == error_code_header)
            return false;
    return true;
}

}  // namespace

stream_inbox::stream_inbox(const nats::connection& connection, std::string subject, stream_options opts)
    : connection_(connection), subject_(std::move(subject)), opts_(std::move(opts)) {
    if (opts_.window > largest_window) throw_error(errc::bad_call, "a window of more than 65536 items");
}

void stream_inbox::ask(std::string_view payload) {
    if (opts_.window != 0) opts_.headers.set(stream_window_header, std::to_string(opts_.window));
    if (opts_.deadline) add_deadline(opts_.headers, *opts_.deadline - clock::now());
    const auto most = opts_.window != 0 ? opts_.window + room_beside_items : most_without_window;
    replies_ = connection_.ask(subject_, payload, opts_.headers, most);
    opts_.headers = nats::headers();
}

asio::awaitable<std::optional<nats::message>> stream_inbox::next(std::shared_ptr<stream_inbox> self) {
    std::optional<nats::message> item;
    if (self->ended_) co_return item;
    item = self->replies_.try_next();
    if (!item) item = co_await self->replies_.next(self->longest_wait());
    if (self->ended_) item.reset();  // cancelled meanwhile
    if (self->ended_) co_return item;
    if (!item) self->closed();
    if (self->is_item(*item))
        self->count(*item);
    else
        item.reset();
    co_return item;
}

void stream_inbox::when_whole(whole_reply_handler& who) {
    whole_ = &who;
    auto until = opts_.deadline.value_or(clock::time_point::max());
    if (const auto now = clock::now(); until - now > opts_.timeout) until = now + opts_.timeout;
    replies_.when_first(*this, until);
}

bool stream_inbox::on_first_reply(const nats::message_view* reply) noexcept {
    auto* const who = std::exchange(whole_, nullptr);
    if (reply == nullptr || !is_whole_answer(*reply)) {
        who->on_other_reply();
        return false;
    }
    ++received_;
    end();
    who->on_whole_reply(*reply);  // this may be destroyed by it
    return true;
}

std::chrono::nanoseconds stream_inbox::longest_wait() const {
    std::chrono::nanoseconds longest = opts_.timeout;
    if (opts_.deadline) longest = std::min<std::chrono::nanoseconds>(longest, *opts_.deadline - clock::now());
    return std::max(longest, std::chrono::nanoseconds::zero());
}

void stream_inbox::closed() {
    end();
    nats::throw_error(nats::errc::closed, subject_);
}

/// False at the end; throws what else there is in place of an item.
bool stream_inbox::is_item(const nats::message& reply) {
    if (received_ == 0 && reply.status() == 503 && reply.payload().empty()) {
        end();
        nats::throw_error(nats::errc::no_responders, subject_);
    }
    if (auto failed = error_in(reply.view())) {
        end();
        throw std::move(*failed);
    }
    const auto place = [this](std::uint64_t wanted) {
        return std::to_string(wanted) + " after " + std::to_string(received_) + " of " + subject_;
    };
    if (const auto items = number_in(reply.headers(), stream_end_header)) {
        if (*items != received_) lost("the end of " + place(*items));
        end();
        return false;
    }
    const auto number = number_in(reply.headers(), stream_item_header);
    if (!number && received_ != 0) lost("a message without a number, after " + std::to_string(received_));
    if (number && *number != received_ + 1) lost(place(*number));
    if (!number) end();  // an endpoint that answers once
    return true;
}

void stream_inbox::count(const nats::message& item) {
    ++received_;
    if (control_.empty() && opts_.window != 0) control_ = item.reply();
    if (control_.empty() || ended_ || ++unpaid_ < (opts_.window + 1) / 2) return;
    connection_.publish(control_, more_order(std::exchange(unpaid_, 0)));
}

/// The service may still be sending.
void stream_inbox::lost(const std::string& detail) {
    cancel();
    throw_error(errc::incomplete_stream, detail);
}

void stream_inbox::cancel() noexcept {
    if (ended_) return;
    end();
    if (control_.empty()) return;
    try {
        connection_.publish(control_, cancel_order);
    } catch (const std::exception&) {
        return;  // then it notices by itself
    }
}

void stream_inbox::end() noexcept {
    ended_ = true;
    replies_.close();
}

}  // namespace mote::micro::detail
