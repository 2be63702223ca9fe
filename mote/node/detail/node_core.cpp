#include <mote/node/detail/node_core.hpp>

#include <mote/functions/error.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/process/control_group.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <exception>
#include <fstream>
#include <functional>
#include <unistd.h>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_reading = std::chrono::seconds(30);
constexpr auto tell_at_once = std::chrono::milliseconds(20);  // for what changes together
constexpr auto between_samples = std::chrono::seconds(1);
constexpr auto between_looks = std::chrono::milliseconds(5);
constexpr std::size_t most_host_name = 32;

std::string host_name() {
    std::array<char, 256> text{};
    if (::gethostname(text.data(), text.size() - 1) != 0) return "localhost";
    return text.data();
}

/// A name for a key and a cgroup: of the machine, so that a person knows it, and of chance.
std::string new_id() {
    auto id = host_name().substr(0, most_host_name);
    std::transform(id.begin(), id.end(), id.begin(),
                   [](unsigned char c) { return static_cast<char>(std::isalnum(c) != 0 ? std::tolower(c) : '-'); });
    return id + '-' + nats::next_nuid().substr(0, 8);
}

/// The id that this directory has had since the first start.
std::string kept_id(const std::filesystem::path& directory) {
    const auto path = directory / "id";
    std::string id;
    if (std::ifstream in(path); in && std::getline(in, id) && !id.empty()) return id;
    id = new_id();
    std::ofstream out(path);
    out << id << '\n';
    out.flush();
    if (!out)
        throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::io_error),
                                          path.string());
    return id;
}

}  // namespace

node_core::node_core(nats::connection connection, node_options opts)
    : connection_(std::move(connection)),
      opts_(std::move(opts)),
      changed_(connection_.executor()),
      told_off_(connection_.executor()) {}

node_core::~node_core() = default;

asio::awaitable<void> node_core::start() {
    std::filesystem::create_directories(opts_.directory);
    id_ = opts_.id.empty() ? kept_id(opts_.directory) : opts_.id;
    process::sweep_control_groups("mote-" + id_ + '-');

    const jetstream::context js(connection_);
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
    parts_.reset(new node_parts{connection_,
                                opts_,
                                id_,
                                store,
                                std::move(bundles),
                                std::move(cache),
                                std::move(secrets),
                                std::move(key),
                                functions::log_writer(std::move(logs)),
                                {}});
    parts_->on_change = [this] { changed_.set(); };
    calls_ = std::make_unique<call_table>(connection_);

    functions::table_hooks hooks;
    hooks.on_change = [this](const functions::function_name& name, const functions::stored_function* found) {
        on_function(name, found);
    };
    hooks.on_trouble = [this](const std::string& text) { parts_->note(text); };
    table_ = std::make_unique<functions::function_table>(js, store, std::move(hooks));
    co_await table_->ready(first_reading);
    const auto until = clock::now() + first_reading;
    const auto is_served = [](const auto& host) { return host.second->served(); };
    while (!std::all_of(hosts_.begin(), hosts_.end(), is_served) && clock::now() < until) co_await pause(between_looks);
    co_await tell_once();
    telling_ = true;
    asio::co_spawn(connection_.executor(), tell(shared_from_this()), [](const std::exception_ptr&) {});
    asio::co_spawn(connection_.executor(), scale(shared_from_this()), [](const std::exception_ptr&) {});
}

void node_core::on_function(const functions::function_name& name, const functions::stored_function* found) {
    if (stopped_) return;
    auto& host = hosts_[name];
    if (found != nullptr) {
        if (host == nullptr) host = std::make_shared<function_host>(*parts_, *calls_, name);
        host->apply(found->what);
        return;
    }
    const auto gone = host;
    hosts_.erase(name);
    scalers_.erase(name);
    if (gone == nullptr) return;
    ++retiring_;
    asio::co_spawn(connection_.executor(), retire(shared_from_this(), gone, opts_.stop_grace),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> node_core::retire(std::shared_ptr<node_core> self, std::shared_ptr<function_host> host,
                                        std::chrono::nanoseconds patience) {
    co_await host->stop(patience);
    --self->retiring_;
    self->changed_.set();
}

asio::awaitable<void> node_core::tell_once() {
    functions::node_state state;
    state.id = id_;
    state.host = host_name();
    state.version = MOTE_VERSION;
    state.started = started_;
    for (const auto& [name, host] : hosts_) {
        auto one = host->state();
        if (one.ready != 0 || one.starting != 0 || one.calls != 0 || !one.trouble.empty())
            state.functions.push_back(std::move(one));
    }
    std::string failed;
    try {
        const auto text = functions::write_node_state(state);
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
        co_await pause(between_samples);
        const auto hosts = self->hosts_;
        for (const auto& [name, host] : hosts) {
            if (self->stopped_) co_return;
            const auto& what = host->what();
            auto& one = self->scalers_[name];
            load_sample now;
            now.at = clock::now();
            now.calls = host->calls();
            now.in_flight = host->in_flight();
            if (what.replicas != 0) now.cpu_time = host->cpu_time();
            now.last_call = host->last_call();
            const auto wanted = one.look(now, host->scaling(), what);
            host->set_millicores(one.millicores());
            if (!wanted) continue;
            const auto generation = what.generation;
            std::function<void(functions::description&)> edit = [to = *wanted,
                                                                 generation](functions::description& kept) {
                if (kept.generation == generation && !kept.paused) kept.replicas = to;
            };
            std::string failed;
            try {
                co_await self->parts_->store.change(name, edit);
            } catch (const boost::system::system_error& error) {
                failed = error.what();
            }
            if (!failed.empty()) self->parts_->note(name.full() + ": cannot be scaled: " + failed);
        }
    }
}

asio::awaitable<void> node_core::stop(std::chrono::nanoseconds patience) {
    if (stopped_ || parts_ == nullptr) co_return;
    const auto self = shared_from_this();
    stopped_ = true;
    changed_.set();
    co_await table_->stop();
    const auto hosts = std::exchange(hosts_, {});
    for (const auto& [name, host] : hosts) {
        ++retiring_;
        asio::co_spawn(connection_.executor(), retire(self, host, patience), [](const std::exception_ptr&) {});
    }
    while (retiring_ != 0) co_await pause(between_looks);
    if (telling_) co_await told_off_.wait_for(std::chrono::seconds(1));
    co_await parts_->logs.stop(std::chrono::seconds(2));
    co_await parts_->cache.stop();
    std::string failed;
    try {
        co_await nodes_->del(id_);
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    if (!failed.empty()) parts_->note("cannot say that it stopped: " + failed);
}

void node_core::abandon() noexcept {
    stopped_ = true;
    table_.reset();
    hosts_.clear();
    changed_.set();
}

}  // namespace mote::node::detail
