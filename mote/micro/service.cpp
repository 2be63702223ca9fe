#include <mote/micro/service.hpp>

#include <mote/micro/detail/service_state.hpp>

#include <utility>

namespace mote::micro {

namespace asio = boost::asio;

service::service(service_config config) : state_(std::make_shared<detail::service_state>(std::move(config))) {}

service::~service() {
    if (state_ != nullptr) state_->abandon();
}

void service::add(std::string name, detail::any_handler handler, endpoint_options opts) {
    state_->add(std::move(name), std::move(handler), std::move(opts), {}, state_->queue_group());
}

endpoint_group service::group(std::string prefix, group_options opts) const {
    return endpoint_group(state_, {}, state_->queue_group()).group(std::move(prefix), std::move(opts));
}

asio::awaitable<void> service::start(nats::connection connection) {
    return detail::service_state::start(state_, std::move(connection));
}

asio::awaitable<void> service::stop(std::chrono::nanoseconds timeout) {
    return detail::service_state::stop(state_, timeout);
}

const std::string& service::id() const noexcept { return state_->id(); }

service_info service::info() const { return state_->info(); }

service_stats service::stats() const { return state_->stats(); }

void service::reset() { state_->reset(); }

bool service::stopped() const noexcept { return state_->stopped(); }

endpoint_group::endpoint_group(std::shared_ptr<detail::service_state> state, std::string prefix,
                               std::string queue_group)
    : state_(std::move(state)), prefix_(std::move(prefix)), queue_group_(std::move(queue_group)) {}

endpoint_group endpoint_group::group(std::string prefix, group_options opts) const {
    auto joined = prefix.empty() ? prefix_ : prefix_ + prefix + ".";
    return {state_, std::move(joined), opts.queue_group.resolve(queue_group_)};
}

void endpoint_group::add(std::string name, detail::any_handler handler, endpoint_options opts) {
    state_->add(std::move(name), std::move(handler), std::move(opts), prefix_, queue_group_);
}

}  // namespace mote::micro
