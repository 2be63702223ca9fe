#include <mote/micro/detail/target.hpp>

#include <mote/micro/detail/text.hpp>
#include <mote/micro/detail/wildcards.hpp>
#include <mote/micro/direct.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace mote::micro::detail {
namespace {

/// `texts` without repetitions, in their order, separated by commas.
std::string listed(const std::vector<std::string>& texts) {
    std::set<std::string> seen;
    std::string list;
    for (const auto& each : texts)
        if (seen.insert(each).second) list += (list.empty() ? "" : ", ") + each;
    return list;
}

bool offers(const service_info& instance, std::string_view endpoint) {
    return std::ranges::find(instance.endpoints, endpoint, &endpoint_info::name) != instance.endpoints.end();
}

/// The subject of an endpoint that all its instances share.
target shared_target(const found_service& service, const found_endpoint& endpoint, const call_options& opts) {
    const auto& pattern = endpoint.subject;
    const auto name = service.name + "/" + endpoint.name;
    if (opts.subject.empty()) {
        if (has_wildcards(pattern)) throw_error(errc::needs_subject, name + " listens on " + pattern);
        return {pattern, {}};
    }
    const bool fits = nats::is_valid_publish_subject(opts.subject) && !has_wildcards(opts.subject) &&
                      nats::subject_matches(pattern, opts.subject);
    if (!fits) throw_error(errc::bad_call, quoted(opts.subject) + ": " + name + " listens on " + pattern);
    return {opts.subject, {}};
}

/// One of the instances behind a queue group, where each of them can be asked by itself: one that cannot would get no
/// hedged call any more. Nothing, too, when all of them are silent.
std::optional<target> one_behind(const found_service& service, const found_endpoint& shared, const choice& how) {
    if (shared.queue_group.empty() || shared.kind != "endpoint") return std::nullopt;
    std::vector<target> direct;
    auto id = shared.ids.begin();  // in the order of the instances
    for (const auto& each : service.instances) {
        if (id == shared.ids.end() || each.id != *id) continue;
        ++id;
        auto subject = direct_subject(each, shared.name);
        if (!subject) return std::nullopt;
        if (!how.silent.contains(each.id)) direct.push_back({std::move(*subject), each.id});
    }
    if (direct.empty()) return std::nullopt;
    return std::move(direct[how.turn % direct.size()]);
}

target any_target(const found_service& service, const found_endpoint& shared, const call_options& opts,
                  const choice& how) {
    auto made = shared_target(service, shared, opts);
    if (!how.one_of_a_group) return made;
    auto one = one_behind(service, shared, how);
    return one ? std::move(*one) : made;
}

[[noreturn]] void throw_not_addressable(const found_service& service, std::string_view endpoint,
                                        const service_info& instance) {
    const auto offered = std::ranges::find(instance.endpoints, endpoint, &endpoint_info::name);
    const bool wild = offered != instance.endpoints.end() && has_wildcards(offered->subject);
    throw_error(errc::not_addressable,
                "instance " + instance.id + " of " + service.name +
                    (wild ? ": the subject of endpoint " + quoted(endpoint) + " has wildcards"
                          : ": it does not advertise " + std::string(direct_key) + " in its metadata"));
}

target instance_target(const found_service& service, std::string_view endpoint, const call_options& opts) {
    const auto* const instance = service.instance(opts.instance);
    if (instance == nullptr) throw_error(errc::not_found, service.name + " has no instance " + quoted(opts.instance));
    if (!opts.version.contains(instance->version))
        throw_error(errc::no_matching_version, "instance " + instance->id + " of " + service.name + " has " +
                                                   instance->version + ", not " + opts.version.text());
    if (!offers(*instance, endpoint)) throw_no_endpoint(service, endpoint);
    auto subject = direct_subject(*instance, endpoint);
    if (!subject) throw_not_addressable(service, endpoint, *instance);
    return {std::move(*subject), instance->id};
}

/// The endpoint whose subject only instances with these ids listen on; null when there is none.
const found_endpoint* unmixed(const found_service& service, std::string_view endpoint,
                              const std::set<std::string>& ids) {
    const auto are_among = [&](const found_endpoint& each) {
        return std::ranges::all_of(each.ids, [&](const std::string& id) { return ids.contains(id); });
    };
    const found_endpoint* best = nullptr;
    for (const auto& each : service.endpoints) {
        if (each.name != endpoint || (best != nullptr && best->ids.size() >= each.ids.size())) continue;
        const bool only_they = std::ranges::all_of(service.endpoints, [&](const found_endpoint& other) {
            return other.subject != each.subject || are_among(other);
        });
        if (only_they) best = &each;
    }
    return best;
}

/// By the shared subject when no other instance can get the message, else one of the instances within the range.
target matching_target(const found_service& service, std::string_view endpoint, const call_options& opts,
                       const choice& how) {
    std::set<std::string> ids;
    std::vector<const service_info*> matching;
    for (const auto& each : service.instances) {
        if (!opts.version.contains(each.version)) continue;
        ids.insert(each.id);
        if (offers(each, endpoint)) matching.push_back(&each);
    }
    if (ids.empty())
        throw_error(errc::no_matching_version,
                    service.name + " " + opts.version.text() + ": there is " + versions_of(service));
    if (matching.empty()) throw_no_endpoint(service, endpoint);
    if (const auto* const only_theirs = unmixed(service, endpoint, ids))
        return any_target(service, *only_theirs, opts, how);

    std::vector<target> direct;
    for (const auto* const each : matching)
        if (auto subject = direct_subject(*each, endpoint)) direct.push_back({std::move(*subject), each->id});
    if (direct.empty()) throw_not_addressable(service, endpoint, *matching.front());
    const auto heard = std::stable_partition(direct.begin(), direct.end(),
                                             [&](const target& each) { return !how.silent.contains(each.instance); });
    if (heard != direct.begin()) direct.erase(heard, direct.end());
    return direct[how.turn % direct.size()];
}

}  // namespace

target choose(const found_service& service, std::string_view endpoint, const call_options& opts, const choice& how) {
    if (!opts.instance.empty()) return instance_target(service, endpoint, opts);
    if (opts.version.constrains()) return matching_target(service, endpoint, opts, how);
    const auto* const shared = service.endpoint(endpoint);
    if (shared == nullptr) throw_no_endpoint(service, endpoint);
    return any_target(service, *shared, opts, how);
}

bool is_enough(const found_service& service, std::string_view endpoint, const call_options& opts) {
    if (!opts.instance.empty()) return service.instance(opts.instance) != nullptr;
    return !opts.version.constrains() && service.endpoint(endpoint) != nullptr;
}

std::string versions_of(const found_service& service) {
    std::vector<std::string> versions;
    for (const auto& each : service.instances) versions.push_back(each.version);
    return listed(versions);
}

void throw_no_endpoint(const found_service& service, std::string_view endpoint) {
    std::vector<std::string> names;
    for (const auto& each : service.endpoints) names.push_back(each.name);
    throw_error(errc::not_found, service.name + " has no endpoint " + quoted(endpoint) + "; " +
                                     (names.empty() ? "it has none" : "it has " + listed(names)));
}

}  // namespace mote::micro::detail
