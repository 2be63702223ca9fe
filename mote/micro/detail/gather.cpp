#include <mote/micro/detail/gather.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/detail/survey.hpp>
#include <mote/micro/detail/target.hpp>
#include <mote/micro/detail/wildcards.hpp>
#include <mote/micro/direct.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

template <class Error>
void set_error(instance_reply<nats::message>& entry, const Error& failed) {
    entry.error = std::make_exception_ptr(failed);
    entry.code = failed.code();
}

boost::system::system_error error_of(errc code, const std::string& detail) {
    return boost::system::system_error(code, detail);
}

/// Whether a message to this subject reaches each of its listeners, and none but those within the range.
bool reaches_all(const found_service& service, const std::string& subject, const version_range& version) {
    if (has_wildcards(subject)) return false;
    return std::ranges::all_of(service.endpoints, [&](const found_endpoint& each) {
        if (each.subject != subject) return true;
        return each.queue_group.empty() && std::ranges::all_of(each.ids, [&](const std::string& id) {
                   return version.contains(service.instance(id)->version);
               });
    });
}

/// The subjects at which instances are asked together, because some of those that listen there have no direct one.
std::map<std::string, std::size_t> shared_subjects(const found_service& service, std::string_view endpoint,
                                                   const version_range& version) {
    std::map<std::string, std::size_t> subjects;
    for (const auto& each : service.endpoints) {
        if (each.name != endpoint || !reaches_all(service, each.subject, version)) continue;
        const bool all_direct = std::ranges::all_of(each.ids, [&](const std::string& id) {
            return direct_subject(*service.instance(id), endpoint).has_value();
        });
        if (!all_direct) subjects.emplace(each.subject, subjects.size());
    }
    return subjects;
}

}  // namespace

gather_plan plan_gathering(const found_service& service, std::string_view endpoint, const version_range& version) {
    if (service.endpoint(endpoint) == nullptr) throw_no_endpoint(service, endpoint);
    const auto shared = shared_subjects(service, endpoint, version);
    gather_plan plan;
    plan.questions.resize(shared.size());
    for (const auto& [subject, index] : shared) plan.questions[index].subject = subject;
    for (const auto& instance : service.instances) {
        if (!version.contains(instance.version)) continue;
        const auto at = plan.entries.size();
        auto& entry = plan.entries.emplace_back();
        const auto offered = std::ranges::find(instance.endpoints, endpoint, &endpoint_info::name);
        const bool offers = offered != instance.endpoints.end();
        const auto together = offers ? shared.find(offered->subject) : shared.end();
        if (together != shared.end()) {
            plan.questions[together->second].entries.push_back(at);
            continue;
        }
        entry.id = instance.id;
        entry.version = instance.version;
        if (auto direct = direct_subject(instance, endpoint))
            plan.questions.push_back({std::move(*direct), {at}});
        else if (!offers)
            set_error(entry, error_of(errc::not_found, "instance " + instance.id + " has no such endpoint"));
        else
            set_error(entry, error_of(errc::not_addressable, "instance " + instance.id));
    }
    if (plan.entries.empty())
        throw_error(errc::no_matching_version,
                    service.name + " " + version.text() + ": there is " + versions_of(service));
    return plan;
}

gathering::gathering(const nats::connection& connection, gather_plan plan, std::string_view payload,
                     const nats::headers& headers)
    : plan_(std::move(plan)), inbox_prefix_(connection.new_inbox() + ".") {
    inbox_ = connection.subscribe(inbox_prefix_ + "*");
    for (std::size_t at = 0; at < plan_.questions.size(); ++at) {
        connection.publish(plan_.questions[at].subject, inbox_prefix_ + std::to_string(at), payload, headers);
        open_ += plan_.questions[at].entries.size();
    }
}

asio::awaitable<gathered> gathering::replies(gather_bounds bounds) {
    auto until = bounds.deadline;
    std::size_t replies = 0;
    bool enough = false;
    while (open_ > 0 && !enough) {
        const auto reply = co_await next_until(&inbox_, until);
        if (!reply) break;
        if (!take(*reply)) continue;
        enough = ++replies == bounds.max_replies;
        if (bounds.stall.count() > 0) until = std::min(bounds.deadline, clock::now() + bounds.stall);
    }
    for (std::size_t at = 0; at < plan_.entries.size(); ++at) {
        if (!is_open(at)) continue;
        const auto who = plan_.entries[at].id.empty() ? "an instance" : "instance " + plan_.entries[at].id;
        settle(at, enough ? error_of(errc::not_awaited, who)
                          : boost::system::system_error(nats::errc::timeout, "no reply of " + who));
    }
    co_return std::move(plan_.entries);
}

/// True when it is a reply of an instance.
bool gathering::take(const nats::message& reply) {
    const auto token = reply.subject().substr(std::min(inbox_prefix_.size(), reply.subject().size()));
    std::size_t index = plan_.questions.size();
    std::from_chars(token.data(), token.data() + token.size(), index);
    if (index >= plan_.questions.size()) return false;
    const auto& asked = plan_.questions[index];
    if (means_nobody(reply)) {
        take_nobody(asked);
        return false;
    }
    const auto at = entry_for(asked);
    if (at == plan_.entries.size()) return false;
    auto& entry = plan_.entries[at];
    if (const auto failed = error_in(reply.view()))
        set_error(entry, *failed);
    else
        entry.reply = reply;
    --open_;
    return true;
}

void gathering::take_nobody(const gather_plan::question& asked) {
    for (const auto at : asked.entries)
        if (is_open(at)) settle(at, boost::system::system_error(nats::errc::no_responders, asked.subject));
}

/// The first of its entries that waits; past the end when none does: an instance that answered twice.
std::size_t gathering::entry_for(const gather_plan::question& asked) {
    const auto found = std::ranges::find_if(asked.entries, [this](std::size_t at) { return is_open(at); });
    return found == asked.entries.end() ? plan_.entries.size() : *found;
}

void gathering::settle(std::size_t entry, const boost::system::system_error& failed) {
    set_error(plan_.entries[entry], failed);
    --open_;
}

}  // namespace mote::micro::detail
