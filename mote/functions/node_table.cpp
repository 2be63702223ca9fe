#include <mote/functions/node_table.hpp>

#include <mote/functions/constraint.hpp>
#include <mote/functions/detail/bucket_mirror.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>

namespace mote::functions {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

}  // namespace

asio::awaitable<kv::bucket> open_node_bucket(jetstream::context js, int replicas) {
    kv::bucket_config config;
    config.bucket = "mote_nodes";
    config.description = "nodes that run functions";
    config.ttl = node_ttl;
    config.replicas = replicas;
    auto opened = co_await kv::bucket::create_or_open(std::move(js), config);
    co_return opened;
}

node_table::node_table(jetstream::context js, kv::bucket nodes, std::function<void()> on_change)
    : on_change_(std::move(on_change)) {
    detail::bucket_mirror::hooks handlers;
    handlers.on_entry = [this](const kv::entry& found) { on_entry(found); };
    handlers.on_restart = [this] { is_caught_up_ = false; };
    handlers.on_caught_up = [this] { is_caught_up_ = true; };
    mirror_ = std::make_unique<detail::bucket_mirror>(std::move(js), std::move(nodes), std::move(handlers));
}

node_table::~node_table() = default;

asio::awaitable<void> node_table::ready(std::chrono::nanoseconds timeout) { return mirror_->caught_up(timeout); }
asio::awaitable<void> node_table::stop() { return mirror_->stop(); }

void node_table::on_entry(const kv::entry& found) {
    const auto now = clock::now();
    std::erase_if(nodes_, [&](const auto& node) { return now - node.second.at > 2 * node_ttl; });
    if (found.operation != kv::operation::put) {
        nodes_.erase(found.key);
    } else {
        // What the bucket had kept when we came may be almost too old already. Only then two clocks are compared, which
        // may differ.
        const auto age = std::chrono::system_clock::now() - found.created;
        const auto old = is_caught_up_
                             ? std::chrono::nanoseconds(0)
                             : std::clamp<std::chrono::nanoseconds>(age, std::chrono::nanoseconds(0), node_ttl);
        try {
            seen one;
            one.state = read_node_state(found.value);
            std::ranges::sort(one.state.functions, {}, &function_state::key);
            one.at = now - std::chrono::duration_cast<clock::duration>(old);
            nodes_[found.key] = std::move(one);
        } catch (const boost::system::system_error&) {
            nodes_.erase(found.key);  // one of another version, of which we know nothing
        }
    }
    if (on_change_) on_change_();
}

std::vector<const node_state*> node_table::alive() const {
    std::vector<const node_state*> result;
    const auto oldest = clock::now() - node_ttl;
    for (const auto& [id, node] : nodes_)
        if (node.at >= oldest) result.push_back(&node.state);
    return result;
}

function_state node_table::of(const function_name& name) const {
    function_state sum;
    sum.key = name.key();
    for (const auto* const node : alive())
        for (const auto& one : std::ranges::equal_range(node->functions, sum.key, {}, &function_state::key)) {
            sum.generation = std::max(sum.generation, one.generation);
            sum.ready += one.ready;
            sum.starting += one.starting;
            sum.in_flight += one.in_flight;
            sum.calls += one.calls;
            sum.millicores += one.millicores;
            sum.memory += one.memory;
            if (one.cpu_seconds) sum.cpu_seconds = sum.cpu_seconds.value_or(0) + *one.cpu_seconds;
            if (sum.limits.empty()) sum.limits = one.limits;
            if (sum.sandbox.empty()) sum.sandbox = one.sandbox;
            if (one.queued_running) sum.queued_running = sum.queued_running.value_or(0) + *one.queued_running;
            if (one.queued_done) sum.queued_done = sum.queued_done.value_or(0) + *one.queued_done;
            if (one.by_itself) sum.by_itself = sum.by_itself.value_or(false) || *one.by_itself;
            if (sum.trouble.empty()) sum.trouble = one.trouble;
        }
    return sum;
}

bool node_table::is_unplaceable(const deployment& wanted) const {
    if (!wanted.constraints || wanted.constraints->empty()) return false;
    const auto nodes = alive();
    return !nodes.empty() && std::ranges::all_of(nodes, [&](const node_state* node) {
        return node->labels && unmet_constraint(wanted, *node->labels);
    });
}

}  // namespace mote::functions
