#include <mote/jetstream/publisher.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/publish_wire.hpp>
#include <mote/jetstream/detail/publisher_state.hpp>

#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::uint64_t> sent(std::uint64_t number) { co_return number; }

publisher_options checked(publisher_options opts) {
    if (opts.max_in_flight == 0) throw_error(errc::bad_config, "a publisher with no message in flight");
    if (opts.max_bytes == 0) throw_error(errc::bad_config, "a publisher with no bytes in flight");
    if (opts.max_tries < 1) throw_error(errc::bad_config, "a publisher that does not try");
    return opts;
}

}  // namespace

publisher::publisher(context js, publisher_options opts)
    : state_(std::make_shared<detail::publisher_state>(std::move(js), checked(std::move(opts)))) {
    state_->start();
}

publisher::publisher(publisher&&) noexcept = default;

publisher& publisher::operator=(publisher&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) state_->abandon();
    state_ = std::move(other.state_);
    return *this;
}

publisher::~publisher() {
    if (state_ != nullptr) state_->abandon();
}

asio::awaitable<std::uint64_t> publisher::publish(std::string_view subject, std::string_view payload,
                                                  const publish_options& opts) {
    detail::check_publish(state_->js(), opts);
    auto headers = detail::headers_of(opts);
    const bool identified = !opts.message_id.empty();
    if (state_->may_send(detail::publisher_state::bytes_of(subject, payload, headers)))
        return sent(state_->send(subject, payload, std::move(headers), identified));
    return detail::publisher_state::wait_and_send(state_, std::string(subject), std::string(payload),
                                                  std::move(headers), identified);
}

std::optional<std::uint64_t> publisher::try_publish(std::string_view subject, std::string_view payload,
                                                    const publish_options& opts) {
    detail::check_publish(state_->js(), opts);
    auto headers = detail::headers_of(opts);
    if (!state_->may_send(detail::publisher_state::bytes_of(subject, payload, headers))) return std::nullopt;
    return state_->send(subject, payload, std::move(headers), !opts.message_id.empty());
}

asio::awaitable<std::size_t> publisher::complete(std::chrono::nanoseconds timeout) {
    return detail::publisher_state::complete(state_, detail::deadline_after(timeout));
}

publisher_stats publisher::stats() const noexcept { return state_->stats(); }

}  // namespace mote::jetstream
