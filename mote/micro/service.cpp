#include <mote/micro/service.hpp>

#include <mote/micro/detail/service_state.hpp>

#include <utility>

namespace mote::micro {

namespace asio = boost::asio;

service::service(service_config config) : state_(std::make_shared<detail::service_state>(std::move(config))) {}

service::~service() {
    if (state_ != nullptr) state_->abandon();
}

void service::add(std::string&& name, detail::described_handler&& handler) {
    add(std::move(name), std::move(handler), endpoint_options());
}

void service::add(std::string&& name, detail::described_handler&& handler, endpoint_options&& opts) {
    state_->add(std::move(name), std::move(handler), std::move(opts), {{}, state_->queue_group(), {}});
}

void service::add_work(std::string&& name, detail::described_handler&& handler, work_options&& opts) {
    state_->add_work(std::move(name), std::move(handler), std::move(opts), {{}, state_->queue_group(), {}});
}

endpoint_group service::group(std::string prefix, group_options opts) const {
    return endpoint_group(state_, {}, state_->queue_group(), {}).group(std::move(prefix), std::move(opts));
}

asio::awaitable<void> service::remove(std::string endpoint, std::chrono::nanoseconds timeout) {
    return detail::service_state::remove(state_, std::move(endpoint), timeout);
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

service_health service::health() const { return state_->health(); }

bool service::stopped() const noexcept { return state_->stopped(); }

endpoint_group::endpoint_group(std::shared_ptr<detail::service_state> state, std::string prefix,
                               std::string queue_group, std::vector<micro::middleware> middleware)
    : state_(std::move(state)),
      prefix_(std::move(prefix)),
      queue_group_(std::move(queue_group)),
      middleware_(std::move(middleware)) {}

endpoint_group endpoint_group::group(std::string prefix, group_options opts) const {
    auto joined = prefix.empty() ? prefix_ : prefix_ + prefix + ".";
    auto around = middleware_;
    around.insert(around.end(), opts.middleware.begin(), opts.middleware.end());
    return {state_, std::move(joined), opts.queue_group.resolve(queue_group_), std::move(around)};
}

void endpoint_group::add_work(std::string&& name, detail::described_handler&& handler, work_options&& opts) {
    state_->add_work(std::move(name), std::move(handler), std::move(opts), {prefix_, queue_group_, middleware_});
}

void endpoint_group::add(std::string&& name, detail::described_handler&& handler) {
    add(std::move(name), std::move(handler), endpoint_options());
}

void endpoint_group::add(std::string&& name, detail::described_handler&& handler, endpoint_options&& opts) {
    state_->add(std::move(name), std::move(handler), std::move(opts), {prefix_, queue_group_, middleware_});
}

}  // namespace mote::micro
