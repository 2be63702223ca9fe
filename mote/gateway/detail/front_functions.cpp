#include <mote/gateway/detail/front_functions.hpp>

#include <mote/functions/scale_settings.hpp>
#include <mote/nats/error.hpp>

#include <boost/system/system_error.hpp>
#include <chrono>
#include <string>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::nanoseconds first_reading = std::chrono::seconds(30);

/// Makes what is not there any more, as at the start. While the server is away there is nobody to ask.
asio::awaitable<void> make_stores(jetstream::context js) {
    if (js.connection().status() != nats::connection_status::connected) nats::throw_error(nats::errc::disconnected);
    co_await function_stores::open(js);
}

std::string scaling_type(functions::load_kind kind) {
    switch (kind) {
        case functions::load_kind::rps: return "rps";
        case functions::load_kind::capacity: return "capacity";
        case functions::load_kind::cpu: return "cpu";
    }
    return {};
}

}  // namespace

asio::awaitable<function_stores> function_stores::open(jetstream::context js) {
    auto opened_functions = co_await functions::function_store::open(js);
    auto opened_secrets = co_await functions::secret_store::open(js);
    auto opened_logs = co_await functions::log_store::open(js);
    auto opened_bundles = co_await functions::bundle_store::open(js);
    auto opened_queue = co_await functions::async_queue::open(js);
    auto opened_nodes = co_await functions::open_node_bucket(js);
    function_stores all{opened_functions, opened_secrets, opened_logs, opened_bundles, opened_queue, opened_nodes};
    co_return all;
}

front_functions::front_functions(const jetstream::context& js, function_stores stores, gateway_metrics& metrics,
                                 const front_functions_options& opts)
    : metrics_(metrics),
      note_(opts.note),
      stores_again_(std::make_shared<until_done>(js.connection().executor(), [js] { return make_stores(js); })),
      queue_(stores.queue),
      table_(js, stores.functions, hooks()),
      nodes_(js, stores.nodes),
      system_(parts(js, stores, opts), opts.system),
      calls_(js.connection(), stores.functions, table_, nodes_, metrics, opts.calls),
      async_(stores.queue, stores.functions, table_, opts.calls.pass_credentials, opts.callbacks, opts.audit) {}

functions::table_hooks front_functions::hooks() {
    functions::table_hooks told;
    told.on_change = [this](const functions::function_name& name, const functions::stored_function* found) {
        if (found == nullptr)
            metrics_.remove(name.full());
        else
            static_cast<void>(metrics_.add(name.full()));
    };
    // One of these troubles is that the server has come back without what was kept there.
    told.on_trouble = [note = note_, again = stores_again_](const std::string& text) {
        if (note) note(text);
        again->begin();
    };
    return told;
}

system_parts front_functions::parts(const jetstream::context& js, const function_stores& stores,
                                    const front_functions_options& opts) {
    system_parts all{js.connection(), stores.functions, table_, nodes_, stores.secrets, stores.logs, stores.bundles};
    all.audit = opts.audit;
    all.invocations = [this](const functions::function_name& name) { return metrics_.invocations(name.full()); };
    return all;
}

asio::awaitable<void> front_functions::start() {
    co_await calls_.start();
    co_await table_.ready(first_reading);
    co_await nodes_.ready(first_reading);
}

asio::awaitable<void> front_functions::stop(std::chrono::nanoseconds patience) {
    system_.stop();
    co_await stores_again_->stop();
    std::string failed;
    try {
        co_await calls_.stop(patience);
    } catch (const boost::system::system_error& error) {
        failed = error.what();  // bodies were on their way all the same: it has stopped even then
    }
    if (!failed.empty() && note_) note_("bodies of calls: " + failed);
    co_await table_.stop();
    co_await nodes_.stop();
}

front_functions::seen_functions front_functions::measure() {
    seen_functions all;
    for (const auto& [name, stored] : table_.all()) {
        function_gauges now;
        now.count = stored.what.replicas;
        const auto& seen = all[name] = nodes_.of(name);
        now.ready = seen.ready;
        if (seen.cpu_seconds) {  // where something measures them
            now.memory = static_cast<std::uint64_t>(seen.memory);
            now.cpu_time =
                std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(*seen.cpu_seconds));
        }
        try {
            const auto scaling = functions::scale_settings::of(stored.what);
            now.min = scaling.min;
            now.target = static_cast<std::uint64_t>(scaling.target);
            now.target_load = static_cast<std::uint64_t>(scaling.target * scaling.proportion);
            now.scaling_type = scaling_type(scaling.kind);
        } catch (const boost::system::system_error&) {
            now.scaling_type.clear();  // labels that nobody could deploy: then there is nothing to say of them
        }
        metrics_.set(name.full(), now);
    }
    return all;
}

asio::awaitable<std::vector<queue_numbers>> front_functions::queues(seen_functions seen) const {
    std::vector<queue_numbers> all;
    const auto pending = co_await queue_.pending();
    const auto& submitted = async_.submitted();
    for (const auto& [name, now] : seen) {
        const auto waits = pending.find(name);
        const auto kept = submitted.find(name);
        if (waits == pending.end() && kept == submitted.end() && !now.queued_done) continue;
        queue_numbers one;
        one.queue_name = functions::async_queue::stream_name;
        one.function_name = name.full();
        one.pending = waits != pending.end() ? waits->second : 0;
        one.processed = now.queued_done;
        one.in_flight = now.queued_running;
        if (kept != submitted.end()) one.submitted = kept->second;
        all.push_back(std::move(one));
    }
    co_return all;
}

std::map<std::string, std::uint64_t> front_functions::node_reconnects() const {
    std::map<std::string, std::uint64_t> all;
    for (const auto* const node : nodes_.alive())
        if (node->reconnects) all.emplace(node->id, *node->reconnects);
    return all;
}

}  // namespace mote::gateway::detail
