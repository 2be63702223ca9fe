#include <mote/micro/stream_reader.hpp>

#include <mote/micro/detail/stream_inbox.hpp>

#include <utility>

namespace mote::micro {

reply_reader& reply_reader::operator=(reply_reader&& other) noexcept {
    if (this == &other) return *this;
    cancel();
    inbox_ = std::move(other.inbox_);
    return *this;
}

reply_reader::~reply_reader() { cancel(); }

boost::asio::awaitable<std::optional<nats::message>> reply_reader::next() { return detail::stream_inbox::next(inbox_); }

void reply_reader::when_whole(whole_reply_handler& who) {
    if (inbox_ != nullptr) inbox_->when_whole(who);
}

void reply_reader::cancel() noexcept {
    if (inbox_ != nullptr) inbox_->cancel();
}

bool reply_reader::ended() const noexcept { return inbox_ == nullptr || inbox_->ended(); }

std::uint64_t reply_reader::received() const noexcept { return inbox_ != nullptr ? inbox_->received() : 0; }

reply_reader read_stream(const nats::connection& connection, std::string subject, std::string_view payload,
                         stream_options opts) {
    const auto inbox = std::make_shared<detail::stream_inbox>(connection, std::move(subject), std::move(opts));
    inbox->ask(payload);
    return reply_reader(inbox);
}

}  // namespace mote::micro
