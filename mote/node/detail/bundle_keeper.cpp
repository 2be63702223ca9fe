#include <mote/node/detail/bundle_keeper.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace mote::node::detail {

namespace asio = boost::asio;

bundle_keeper::bundle_keeper(std::shared_ptr<node_parts> parts, kv::bucket nodes,
                             const functions::function_table& functions)
    : parts_(std::move(parts)),
      nodes_(std::move(nodes)),
      functions_(&functions),
      timer_(parts_->connection.executor()) {}

void bundle_keeper::start() {
    asio::co_spawn(parts_->connection.executor(), run(shared_from_this()), [](const std::exception_ptr&) {});
}

void bundle_keeper::stop() noexcept {
    functions_ = nullptr;
    timer_.cancel();
}

asio::awaitable<void> bundle_keeper::run(std::shared_ptr<bundle_keeper> self) {
    while (self->functions_ != nullptr) {
        self->timer_.expires_after(self->parts_->opts.prune_every);
        co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (self->functions_ == nullptr) co_return;
        std::string failed;
        try {
            co_await look(self);
        } catch (const boost::system::system_error& error) {
            failed = error.what();
        }
        if (failed.empty()) continue;
        self->meant_.reset();
        if (self->functions_ != nullptr) self->parts_->note("old bundles cannot be looked for: " + failed);
    }
}

asio::awaitable<void> bundle_keeper::look(std::shared_ptr<bundle_keeper> self) {
    const auto nodes = co_await self->nodes_.keys();
    if (nodes.empty() || *std::min_element(nodes.begin(), nodes.end()) != self->parts_->id) {
        self->meant_.reset();
        co_return;
    }
    const auto named = co_await self->parts_->bundles.list();
    if (self->functions_ == nullptr) co_return;
    std::set<functions::bundle_digest> meant;
    for (const auto& one : named) meant.insert(one.digest);
    self->add_used(meant);
    const auto before = std::exchange(self->meant_, meant);
    if (!before) co_return;
    meant.insert(before->begin(), before->end());
    const auto& opts = self->parts_->opts;
    const auto spare = std::max(opts.keep_bundles, std::chrono::ceil<std::chrono::seconds>(opts.prune_every));
    const auto freed = co_await self->parts_->bundles.prune(std::move(meant), spare);
    if (freed != 0 && self->functions_ != nullptr)
        self->parts_->note("deleted old bundles of " + std::to_string(freed) + " bytes");
}

void bundle_keeper::add_used(std::set<functions::bundle_digest>& used) const {
    const auto add = [&](const functions::function_name& name, const std::string& digest) {
        if (digest.empty()) return;
        try {
            used.insert(functions::bundle_digest::parse(digest));
        } catch (const boost::system::system_error& error) {
            parts_->note(name.full() + ": " + error.what());
        }
    };
    for (const auto& [name, found] : functions_->all()) {
        add(name, found.what.digest);
        if (found.what.previous) add(name, found.what.previous->digest);
    }
}

}  // namespace mote::node::detail
