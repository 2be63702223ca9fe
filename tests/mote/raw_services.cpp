#include <tests/mote/raw_services.hpp>

#include <stdexcept>
#include <utility>

namespace mote::test {
namespace {

constexpr auto look_up_interval = std::chrono::milliseconds(20);

}  // namespace

raw_services::raw_services(std::uint16_t port, std::map<std::string, std::vector<raw_reply>> answers)
    : answers_(std::move(answers)), client_(port) {
    for (const auto& [subject, replies] : answers_) client_.subscribe(subject);
    client_.flush();
    thread_ = std::thread([this] { serve(); });
}

raw_services::~raw_services() {
    stopping_ = true;
    thread_.join();
}

std::vector<raw_request> raw_services::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void raw_services::serve() try {
    while (!stopping_) {
        const auto bytes = client_.try_read_frame(look_up_interval);
        if (!bytes) continue;
        const raw_frame frame = parse_raw_frame(*bytes);
        const std::string subject(frame.subject);
        const auto found = answers_.find(subject);
        if (found == answers_.end()) continue;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(
                {subject, std::string(frame.payload), std::string(frame.headers), std::string(frame.reply)});
        }
        for (const raw_reply& reply : found->second) client_.publish(frame.reply, reply.payload, reply.headers);
    }
} catch (const std::runtime_error&) {
    // The server is gone: a test ended it.
}

raw_instance usual_instance(const std::string& name, const std::string& id, const std::string& description) {
    const std::string identity =
        R"({"name":")" + name + R"(","id":")" + id + R"(","version":"1.2.3","metadata":{},"type":)";
    const std::string endpoint = R"({"name":"echo","subject":")" + name + R"(.echo","queue_group":"q")";
    raw_instance made{name, id, {}, {}, {}};
    made.ping = identity + R"("io.nats.micro.v1.ping_response"})";
    made.info = identity + R"("io.nats.micro.v1.info_response","description":")" + description + R"(","endpoints":[)" +
                endpoint + R"(,"metadata":{"format":"text"}}]})";
    made.stats = identity + R"("io.nats.micro.v1.stats_response","started":"2026-11-24T00:07:20Z","endpoints":[)" +
                 endpoint +
                 R"(,"num_requests":4,"num_errors":1,"last_error":"400:bad input","processing_time":8000000,)" +
                 R"("average_processing_time":2000000}]})";
    return made;
}

std::map<std::string, std::vector<raw_reply>> answers_of(const std::vector<raw_instance>& instances) {
    std::map<std::string, std::vector<raw_reply>> answers;
    for (const raw_instance& each : instances)
        for (const auto& [verb, body] :
             {std::pair("PING", &each.ping), std::pair("INFO", &each.info), std::pair("STATS", &each.stats)}) {
            const std::string subject = std::string("$SRV.") + verb;
            for (const std::string& one :
                 {subject, subject + "." + each.name, subject + "." + each.name + "." + each.id})
                answers[one].push_back({*body, ""});
        }
    return answers;
}

}  // namespace mote::test
