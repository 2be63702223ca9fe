#include <mote/process/spawner.hpp>

#include <mote/process/detail/spawn_client.hpp>

#include <utility>

namespace mote::process {

spawner spawner::start(boost::asio::any_io_executor executor, command server, std::chrono::milliseconds patience) {
    auto client = std::make_shared<detail::spawn_client>(executor, patience);
    client->start(server);
    return spawner(std::move(client));
}

spawner::spawner(std::shared_ptr<detail::spawn_client> client) noexcept : client_(std::move(client)) {}

spawner& spawner::operator=(spawner&& other) noexcept {
    if (this == &other) return *this;
    if (client_) client_->stop();
    client_ = std::move(other.client_);
    return *this;
}

spawner::~spawner() {
    if (client_) client_->stop();
}

boost::asio::awaitable<child> spawner::run(command what, std::chrono::steady_clock::time_point until) {
    return detail::spawn_client::run(client_, std::move(what), until);
}

bool spawner::running() const noexcept { return client_->is_running(); }
bool spawner::silent() const noexcept { return client_->is_silent(); }
std::size_t spawner::children() const noexcept { return client_->children(); }
boost::asio::awaitable<void> spawner::ended() { return detail::spawn_client::ended(client_); }
pid_t spawner::pid() const noexcept { return client_->pid(); }

}  // namespace mote::process
