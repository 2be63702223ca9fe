#include <mote/node/detail/node_core.hpp>

#include <mote/functions/constraint.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/detail/function_source.hpp>
#include <mote/node/detail/identity.hpp>
#include <mote/node/detail/own_names.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/detail/socket_directory.hpp>
#include <mote/process/control_group.hpp>
#include <mote/process/sandbox.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <functional>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_reading = std::chrono::seconds(30);
constexpr auto tell_at_once = std::chrono::milliseconds(20);  // for what changes together
constexpr auto between_samples = std::chrono::seconds(1);
constexpr auto between_looks = std::chrono::milliseconds(5);
constexpr std::size_t room_beside_state = 1024;  // of a message: its subject and headers

asio::awaitable<functions::text_map> variables_of(std::shared_ptr<node_parts> parts, functions::description what) {
    auto source = co_await find_source(std::move(parts), std::move(what));
    co_return std::move(source.all);
}

}  // namespace

node_core::node_core(nats::connection connection, node_options opts)
    : connection_(std::move(connection)),
      opts_(std::move(opts)),
      changed_(connection_.executor()),
      told_off_(connection_.executor()),
      sampled_off_(connection_.executor()),
      sampling_(connection_.executor()) {}

node_core::~node_core() = default;

/// In a sandbox all ends with the node.
void node_core::start_guard() {
    if (parts_->has_sandbox() || opts_.guard.empty() || process::control_group_kind() == "rlimits") return;
    process::command what;
    what.program = opts_.guard.front();
    what.arguments.assign(opts_.guard.begin() + 1, opts_.guard.end());
    what.arguments.push_back(own_name(id_, ""));
    what.input = process::stream::pipe;
    try {
        guard_.emplace(process::child::start(connection_.executor(), what));
    } catch (const boost::system::system_error& failed) {
        parts_->note("what functions leave would outlive this node: no guard: " + nats::plain_reason(failed.what()));
    }
}

asio::awaitable<void> node_core::start() {
    std::filesystem::create_directories(opts_.directory);
    id_ = identify(opts_);
    auto labels = labels_of(opts_, id_);
    const jetstream::context js(connection_);
    co_await open_parts(js);
    parts_->labels = std::move(labels);
    if (const auto& sandbox = process::sandbox_available(); opts_.sandbox && !sandbox.works)
        parts_->note("there is no sandbox: functions see and do what this user may: " + sandbox.text);
    // The directory is ours now: what has our id and runs was left by one that was killed, unless another cluster's node on
    // this machine was given the same id.
    process::sweep_control_groups(name_prefix(id_), is_former);
    start_guard();
    // What other nodes left has nobody in it: sandboxes end with their node.
    process::remove_empty_control_groups("mote-", is_left);
    socket_directory::sweep(id_);

    functions::table_hooks hooks;
    hooks.on_change = [this](const functions::function_name& name, const functions::stored_function* found) {
        on_function(name, found);
        if (worker_ != nullptr) worker_->function_changed(name);
    };
    hooks.on_trouble = [this](const std::string& text) { parts_->note(text); };
    table_ = std::make_unique<functions::function_table>(js, parts_->store, std::move(hooks));
    co_await table_->ready(first_reading);
    const auto until = clock::now() + first_reading;
    const auto is_served = [](const auto& host) { return host.second->served(); };
    while (!std::all_of(hosts_.begin(), hosts_.end(), is_served) && clock::now() < until) co_await pause(between_looks);
    co_await tell_once();
    telling_ = true;
    asio::co_spawn(connection_.executor(), tell(shared_from_this()), [](const std::exception_ptr&) {});
    scaling_ = true;
    asio::co_spawn(connection_.executor(), scale(shared_from_this()), [](const std::exception_ptr&) {});
    if (opts_.run_async) co_await start_worker(js);
    if (opts_.prune_every <= std::chrono::nanoseconds(0)) co_return;
    keeper_ = std::make_shared<bundle_keeper>(parts_, *nodes_, *table_);
    keeper_->start();
}

asio::awaitable<void> node_core::open_parts(jetstream::context js) {
    auto store = co_await functions::function_store::open(js);
    auto bundles = co_await functions::bundle_store::open(js);
    functions::bundle_cache_options cache_opts;
    cache_opts.directory = opts_.directory / "bundles";
    auto cache = co_await functions::bundle_cache::open(bundles, cache_opts);
    auto secrets = co_await functions::secret_store::open(js);
    auto key = functions::sealing_key::load_or_create(opts_.directory / "sealing.key");
    co_await secrets.publish_key(key.public_key());
    auto logs = co_await functions::log_store::open(js);
    nodes_ = co_await functions::open_node_bucket(js);
    others_ = std::make_unique<functions::node_table>(js, *nodes_);
    parts_ =
        std::make_shared<node_parts>(connection_, opts_, id_, std::move(store), std::move(bundles), std::move(cache),
                                     std::move(secrets), std::move(key), functions::log_writer(std::move(logs)));
    if (!opts_.login_seed.empty())
        parts_->logins = std::make_shared<const login_issuer>(opts_.login_seed, opts_.login_account);
    parts_->on_change = [this] { changed_.set(); };
    calls_ = std::make_shared<call_table>(connection_);
}

/// Without it queued calls wait for other nodes; calls that are not queued are served all the same.
asio::awaitable<void> node_core::start_worker(jetstream::context js) {
    functions::async_worker_options opts;
    opts.ack_wait = opts_.ack_wait;
    opts.look_every = opts_.ack_wait;
    opts.variables = [parts = parts_](functions::description what) { return variables_of(parts, std::move(what)); };
    opts.on_trouble = [weak = std::weak_ptr(parts_)](const std::string& text) {
        if (const auto parts = weak.lock()) parts->note("queued calls: " + text);
    };
    worker_ = std::make_unique<functions::async_worker>(js, parts_->store, *table_, std::move(opts));
    std::string failed;
    try {
        co_await worker_->start();
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    if (failed.empty()) co_return;
    worker_.reset();
    parts_->note("queued calls are not run here: " + failed);
}

asio::awaitable<void> node_core::stop_worker(std::chrono::nanoseconds patience) {
    if (worker_ == nullptr) co_return;
    std::string failed;
    std::size_t left = 0;
    try {
        left = co_await worker_->stop(patience);
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    worker_.reset();
    if (left != 0) parts_->note(std::to_string(left) + " queued calls did not end in time; others run them again");
    if (!failed.empty()) parts_->note("queued calls: " + failed);
}

void node_core::on_function(const functions::function_name& name, const functions::stored_function* found) {
    if (stopped_) return;
    auto& host = hosts_[name];
    if (found != nullptr && !functions::unmet_constraint(found->what.wanted, parts_->labels)) {
        if (host == nullptr) host = std::make_shared<function_host>(parts_, calls_, name);
        host->apply(found->what);
        return;
    }
    const auto gone = host;
    hosts_.erase(name);
    scalers_.erase(name);
    elsewhere_.erase(name);
    if (gone != nullptr) retire(gone, opts_.stop_grace);
}

void node_core::retire(std::shared_ptr<function_host> host, std::chrono::nanoseconds patience) {
    retiring_.insert(host);
    asio::co_spawn(connection_.executor(), run_retire(shared_from_this(), std::move(host), patience),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> node_core::run_retire(std::shared_ptr<node_core> self, std::shared_ptr<function_host> host,
                                            std::chrono::nanoseconds patience) {
    co_await host->stop(patience);
    self->retiring_.erase(host);
    self->changed_.set();
}

asio::awaitable<void> node_core::tell_once() {
    functions::node_state state;
    state.id = id_;
    state.host = host_name();
    state.version = MOTE_VERSION;
    state.started = started_;
    state.labels = parts_->labels;
    state.reconnects = connection_.stats().reconnects;
    const auto queued = worker_ != nullptr ? worker_->stats() : functions::async_worker_stats();
    for (const auto& [name, host] : hosts_) {
        auto one = host->state();
        if (const auto found = queued.functions.find(name); found != queued.functions.end()) {
            one.queued_running = found->second.in_flight;
            one.queued_done = found->second.processed;
        }
        if (one.ready != 0 || one.starting != 0 || one.calls != 0 || !one.trouble.empty())
            state.functions.push_back(std::move(one));
    }
    std::string failed;
    try {
        const auto limit = connection_.server().max_payload;
        const auto text = functions::write_node_state(state, limit - std::min(limit, room_beside_state));
        co_await nodes_->put(id_, text);
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    if (!failed.empty() && last_failure_ != failed) parts_->note("cannot say how it is: " + failed);
    last_failure_ = failed;
}

asio::awaitable<void> node_core::tell(std::shared_ptr<node_core> self) {
    while (!self->stopped_) {
        const bool changed = co_await self->changed_.wait_for(functions::node_heartbeat);
        if (self->stopped_) break;
        if (changed) co_await pause(tell_at_once);
        self->changed_.reset();
        co_await self->tell_once();
    }
    self->telling_ = false;
    self->told_off_.set();
}

asio::awaitable<void> node_core::scale(std::shared_ptr<node_core> self) {
    while (!self->stopped_) {
        self->sampling_.expires_after(between_samples);
        co_await self->sampling_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (self->stopped_) break;
        self->memory_.look(self->parts_->instances + self->table_->revision());
        const auto hosts = self->hosts_;
        for (const auto& [name, host] : hosts) {
            if (self->stopped_) break;
            const auto found = self->hosts_.find(name);
            if (found == self->hosts_.end() || found->second != host) continue;
            const auto& what = host->what();
            auto& one = self->scalers_[name];
            host->measure();
            const auto settings = host->scaling();
            const auto wanted = one.look(self->sample(name, *host), settings, what, self->may_lower(what));
            host->set_millicores(one.millicores());
            const bool is_raised = wanted && *wanted > std::max(settings.min, 1U);
            if (wanted) co_await self->set_replicas(name, what.generation, *wanted, is_raised);
        }
    }
    self->scaling_ = false;
    self->sampled_off_.set();
}

load_sample node_core::sample(const functions::function_name& name, const function_host& host) {
    load_sample now;
    now.at = clock::now();
    now.calls = host.calls();
    now.in_flight = host.in_flight();
    now.cpu_time = host.cpu_time();
    now.last_call = host.last_call();
    if (!host.scaling().zero) return now;
    // What another one is busy with is heard of with its heartbeat, or with the next one.
    if (const auto heard = last_call_elsewhere(name))
        now.last_call = std::max(now.last_call, *heard) + 2 * functions::node_heartbeat;
    return now;
}

/// A function that is idle here may be busy on another node, and zero replicas are zero everywhere. Nothing where there is no
/// other one.
std::optional<clock::time_point> node_core::last_call_elsewhere(const functions::function_name& name) {
    const auto key = name.key();
    const auto alive = others_->alive();
    std::uint64_t calls = 0;
    std::uint64_t in_flight = 0;
    for (const auto* const node : alive) {
        if (node->id == id_) continue;
        for (const auto& one : node->functions) {
            if (one.key != key) continue;
            calls += one.calls;
            in_flight += one.in_flight;
        }
    }
    auto& known = elsewhere_[name];
    if (in_flight != 0 || calls > known.calls) known.last = clock::now();
    known.calls = calls;
    return alive.size() > 1 ? std::optional(known.last) : std::nullopt;
}

/// Whose load has raised the number looks at it; where that node has gone, also without a word, any other one does.
bool node_core::may_lower(const functions::description& what) const {
    if (!what.raised_by) return false;
    const auto alive = others_->alive();
    return *what.raised_by == id_ ||
           std::ranges::none_of(alive, [&](const auto* node) { return node->id == *what.raised_by; });
}

asio::awaitable<void> node_core::set_replicas(functions::function_name name, std::uint64_t generation,
                                              std::uint32_t wanted, bool is_raised) {
    const auto raised_by = is_raised ? std::optional(id_) : std::nullopt;
    std::function<void(functions::description&)> edit = [wanted, generation, raised_by](functions::description& kept) {
        if (kept.generation != generation || kept.paused) return;
        kept.replicas = wanted;
        kept.raised_by = raised_by;
    };
    std::string failed;
    try {
        co_await parts_->store.change(name, edit);
    } catch (const boost::system::system_error& error) {
        if (error.code() != functions::errc::function_not_found) failed = error.what();
    }
    if (!failed.empty()) parts_->note(name.full() + ": cannot be scaled: " + failed);
}

asio::awaitable<void> node_core::stop(std::chrono::nanoseconds patience) {
    if (stopping_ || parts_ == nullptr) co_return;
    const auto self = shared_from_this();
    const auto until = clock::now() + patience;
    stopping_ = true;
    if (keeper_ != nullptr) keeper_->stop();
    co_await stop_worker(patience);
    stopped_ = true;
    changed_.set();
    sampling_.cancel();
    if (table_ != nullptr) co_await table_->stop();
    const auto left = std::max<std::chrono::nanoseconds>(until - clock::now(), std::chrono::nanoseconds(0));
    const auto hosts = std::exchange(hosts_, {});
    for (const auto& [name, host] : hosts) retire(host, left);
    while (!retiring_.empty()) co_await pause(between_looks);
    if (telling_) co_await told_off_.wait_for(std::chrono::seconds(1));
    if (scaling_) co_await sampled_off_.wait_for(std::chrono::seconds(1));
    // Of processes whose ends were not complete when they were let go.
    process::sweep_control_groups(own_name(id_, ""));
    co_await parts_->logs.stop(std::chrono::seconds(2));
    co_await parts_->cache.stop();
    co_await others_->stop();
    std::string failed;
    try {
        co_await nodes_->del(id_);
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    if (!failed.empty()) parts_->note("cannot say that it stopped: " + failed);
}

void node_core::abandon() noexcept {
    stopping_ = stopped_ = true;
    if (keeper_ != nullptr) keeper_->stop();
    worker_.reset();
    table_.reset();
    for (const auto& [name, host] : hosts_) host->abandon();
    for (const auto& host : retiring_) host->abandon();
    hosts_.clear();
    if (parts_ != nullptr) {
        parts_->on_change = nullptr;
        parts_->opts.on_note = nullptr;
    }
    sampling_.cancel();
    changed_.set();
}

}  // namespace mote::node::detail
