#include <mote/micro/fetch_schemas.hpp>

#include <mote/nats/plain_reason.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <utility>

namespace mote::micro {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_at_once = 64;
constexpr std::size_t most_bytes = 64 * 1024 * 1024;  // of all schemas together
constexpr std::string_view schema_subjects = "mote.schema.";
constexpr std::array<const char*, 2> schema_keys{"mote.request.schema", "mote.response.schema"};
const std::string reference_suffix = ".ref";

/// Where an answer belongs.
struct place {
    micro::metadata* values = nullptr;  // of an endpoint
    std::string key{};
    std::string whose{};  // for people
};

/// What is to be asked, each once, and whom its answer concerns.
struct question {
    std::string subject{};
    std::string payload{};
    std::vector<place> places{};
};

class questions {
public:
    questions(std::vector<service_info>& services, std::vector<std::string>& warnings) {
        for (auto& service : services)
            for (auto& endpoint : service.endpoints)
                for (const char* const key : schema_keys) {
                    const place there{&endpoint.metadata, key, service.name + "." + endpoint.name + ": its " + key};
                    add(there, warnings);
                }
    }

    std::vector<question>& all() { return all_; }

private:
    void add(const place& there, std::vector<std::string>& warnings) {
        const auto found = there.values->find(there.key + reference_suffix);
        if (found == there.values->end() || there.values->contains(there.key)) return;
        const auto reference = found->second;
        if (!reference.starts_with(schema_subjects)) {
            there.values->erase(found);
            return warnings.push_back(there.whose + ": is not under " + std::string(schema_subjects) +
                                      ", and was not asked for");
        }
        const auto [known, is_new] = by_reference_.try_emplace(reference, all_.size());
        if (is_new) {
            const auto blank = reference.find(' ');
            question one;
            one.subject = reference.substr(0, blank);
            if (blank != std::string::npos) one.payload = reference.substr(blank + 1);
            all_.push_back(std::move(one));
        }
        all_[known->second].places.push_back(there);
    }

    std::map<std::string, std::size_t> by_reference_;
    std::vector<question> all_;
};

/// Puts the schemas in their places.
class answers {
public:
    explicit answers(std::vector<std::string>& warnings) : warnings_(warnings) {}

    void take(const question& asked, const nats::message& reply) {
        if (const auto error = reply.headers().get("Nats-Service-Error"))
            return fail(asked, "the service answered " + std::string(*error));
        for (const place& each : asked.places) {
            bytes_ += reply.payload().size();
            if (bytes_ > most_bytes) return fail(asked, "too much, with all the others");
            each.values->insert_or_assign(each.key, std::string(reply.payload()));
            each.values->erase(each.key + reference_suffix);
        }
    }

    void fail(const question& asked, const std::string& why) {
        for (const place& each : asked.places)
            if (each.values->erase(each.key + reference_suffix) != 0) warnings_.push_back(each.whose + ": " + why);
    }

    /// What concerns the question alone; rethrows the rest.
    void fail(const question& asked, const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::closed) throw failed;
        fail(asked, nats::plain_reason(failed.what()));
    }

private:
    std::vector<std::string>& warnings_;
    std::size_t bytes_ = 0;
};

/// Sends at once, and throws when it cannot.
asio::awaitable<nats::message> ask(const nats::connection& connection, const question& asked,
                                   clock::time_point deadline) {
    nats::request_options options;
    options.timeout = std::max<std::chrono::nanoseconds>(deadline - clock::now(), std::chrono::nanoseconds(1));
    return connection.request(asked.subject, asked.payload, options);
}

}  // namespace

asio::awaitable<fetched_schemas> fetch_schemas(nats::connection connection, std::vector<service_info> services,
                                               std::chrono::nanoseconds timeout) {
    constexpr std::chrono::hours longest_wait{24 * 365};  // so that it can be added to a time
    const auto deadline = clock::now() + std::min<std::chrono::nanoseconds>(timeout, longest_wait);
    fetched_schemas fetched;
    fetched.services = std::move(services);
    questions asked(fetched.services, fetched.warnings);
    answers got(fetched.warnings);
    std::span<const question> rest(asked.all());
    while (!rest.empty()) {
        const auto batch = rest.first(std::min(rest.size(), most_at_once));
        rest = rest.subspan(batch.size());
        std::vector<asio::awaitable<nats::message>> sent;  // a request is sent when it is made, not when it is awaited
        std::vector<const question*> open;
        for (const question& each : batch) {
            try {
                sent.push_back(ask(connection, each, deadline));
                open.push_back(&each);
            } catch (const boost::system::system_error& failed) {
                got.fail(each, failed);
            }
        }
        for (std::size_t at = 0; at < sent.size(); ++at) {
            try {
                const auto reply = co_await std::move(sent[at]);
                got.take(*open[at], reply);
            } catch (const boost::system::system_error& failed) {
                got.fail(*open[at], failed);
            }
        }
    }
    co_return fetched;
}

}  // namespace mote::micro
