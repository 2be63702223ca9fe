#include <mote/jetstream/detail/consumer_json.hpp>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours ack_wait{22};  // of no use without acks; what the other clients send
constexpr std::chrono::minutes inactive_threshold{5};

json::string_view policy_text(deliver_policy policy) {
    switch (policy) {
        case deliver_policy::all: return "all";
        case deliver_policy::last: return "last";
        case deliver_policy::new_messages: return "new";
        case deliver_policy::by_start_sequence: return "by_start_sequence";
        case deliver_policy::last_per_subject: return "last_per_subject";
    }
    throw_error(errc::bad_config, "deliver policy");
}

void set_filters(json::object& config, const std::vector<std::string>& filters) {
    if (filters.size() == 1) {
        config["filter_subject"] = filters.front();
        return;
    }
    json::array several;
    for (const auto& each : filters) several.emplace_back(each);
    config["filter_subjects"] = std::move(several);
}

void set_start(json::object& config, const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed) {
    const auto policy = resumed ? deliver_policy::by_start_sequence : opts.deliver;
    config["deliver_policy"] = policy_text(policy);
    if (policy != deliver_policy::by_start_sequence) return;
    config["opt_start_seq"] = resumed ? *resumed + 1 : std::max<std::uint64_t>(opts.start_sequence, 1);
}

}  // namespace

std::string consumer_create_verb(const std::string& stream, const std::string& name,
                                 const std::vector<std::string>& filter_subjects) {
    auto verb = "CONSUMER.CREATE." + stream + "." + name;
    return filter_subjects.size() == 1 ? verb + "." + filter_subjects.front() : verb;
}

std::string ordered_consumer_json(const std::string& stream, const std::string& name, const std::string& inbox,
                                  const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed) {
    json::object config;
    config["name"] = name;
    set_start(config, opts, resumed);
    set_filters(config, opts.filter_subjects);
    config["ack_policy"] = "none";
    config["ack_wait"] = std::chrono::nanoseconds(ack_wait).count();
    config["max_deliver"] = 1;
    config["replay_policy"] = "instant";
    config["deliver_subject"] = inbox;
    config["flow_control"] = true;
    config["idle_heartbeat"] = opts.idle_heartbeat.count();
    config["inactive_threshold"] = std::chrono::nanoseconds(inactive_threshold).count();
    if (opts.headers_only) config["headers_only"] = true;
    config["num_replicas"] = 1;
    config["mem_storage"] = true;
    json::object request;
    request["stream_name"] = stream;
    request["config"] = std::move(config);
    return json::serialize(request);
}

}  // namespace mote::jetstream::detail
