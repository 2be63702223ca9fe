#include <mote/functions/function_table.hpp>

#include <mote/functions/detail/bucket_mirror.hpp>
#include <mote/functions/detail/keys.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

namespace mote::functions {

namespace asio = boost::asio;

function_table::function_table(jetstream::context js, const function_store& store, table_hooks told)
    : told_(std::move(told)) {
    detail::bucket_mirror::hooks handlers;
    handlers.on_entry = [this](const kv::entry& found) { on_entry(found); };
    handlers.on_restart = [this] {
        revision_ = 0;  // it may be another bucket now
        unseen_.clear();
        for (const auto& [name, stored] : functions_) unseen_.insert(name);
    };
    handlers.on_caught_up = [this] { on_caught_up(); };
    handlers.on_trouble = told_.on_trouble;
    mirror_ = std::make_unique<detail::bucket_mirror>(std::move(js), store.bucket(), std::move(handlers));
}

function_table::~function_table() = default;

asio::awaitable<void> function_table::ready(std::chrono::nanoseconds timeout) { return mirror_->caught_up(timeout); }
asio::awaitable<void> function_table::stop() { return mirror_->stop(); }

const stored_function* function_table::find(const function_name& name) const noexcept {
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : &found->second;
}

void function_table::on_entry(const kv::entry& found) {
    revision_ = std::max(revision_, found.revision);
    if (found.key.starts_with(detail::namespace_prefix)) return;
    try {
        const auto name = function_name::from_key(found.key);
        unseen_.erase(name);
        if (found.operation != kv::operation::put) return forget(name);
        stored_function stored;
        stored.what = read_description(found.value);
        stored.revision = found.revision;
        if (stored.what.name() != name) return;
        auto& kept = functions_[name];
        if (kept.revision == stored.revision) return;
        kept = std::move(stored);
        if (told_.on_change) told_.on_change(name, &kept);
    } catch (const boost::system::system_error& error) {
        if (told_.on_trouble) told_.on_trouble("function " + found.key + ": " + error.what());
    }
}

void function_table::on_caught_up() {
    const auto gone = std::exchange(unseen_, {});
    for (const auto& name : gone) forget(name);
}

void function_table::forget(const function_name& name) {
    if (functions_.erase(name) != 0 && told_.on_change) told_.on_change(name, nullptr);
}

}  // namespace mote::functions
