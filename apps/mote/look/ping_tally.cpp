#include <apps/mote/look/ping_tally.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace mote::command {
namespace {

std::string times_text(std::chrono::nanoseconds least, std::chrono::nanoseconds mean, std::chrono::nanoseconds most) {
    return "rtt min/avg/max " + readable(least) + "/" + readable(mean) + "/" + readable(most);
}

}  // namespace

void ping_tally::add_round(const std::vector<micro::ping_reply>& replies) {
    ++rounds_;
    std::set<std::pair<std::string, std::string>> answered;
    pinged all;
    for (const auto& reply : replies) {
        // Two answers of one instance to one question are one.
        if (!answered.emplace(reply.service.name, reply.service.id).second) continue;
        pinged& each = instances_[{reply.service.name, reply.service.id}];
        each.service = reply.service;
        for (pinged* const one : {&each, &all}) {
            one->least = one->received == 0 ? reply.rtt : std::min(one->least, reply.rtt);
            one->most = std::max(one->most, reply.rtt);
            one->sum += reply.rtt;
            ++one->received;
        }
    }
    for (auto& [name, each] : instances_) ++each.sent;
    last_round_ = "round " + std::to_string(rounds_) + ": " + counted(answered.size(), "instance");
    if (all.received != 0) last_round_ += ", " + times_text(all.least, all.mean(), all.most);
}

std::string ping_tally::summary(bool one_round) const {
    pinged all;
    for (const auto& [name, each] : instances_) {
        all.least = all.received == 0 ? each.least : std::min(all.least, each.least);
        all.most = std::max(all.most, each.most);
        all.sum += each.sum;
        all.sent += each.sent;
        all.received += each.received;
    }
    std::string text = counted(instances_.size(), "instance");
    if (!one_round)
        text += ", " + counted(rounds_, "round") + ", " + std::to_string(all.sent) + " sent, " +
                std::to_string(all.received) + " received, " + loss_text(all.sent, all.received) + " loss";
    return text + ", " + times_text(all.least, all.mean(), all.most);
}

std::string loss_text(std::uint64_t sent, std::uint64_t received) {
    const double lost = sent == 0 ? 0 : 100.0 * static_cast<double>(sent - received) / static_cast<double>(sent);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), lost == 0 || lost >= 99.95 ? "%.0f%%" : "%.1f%%", lost);
    return text.data();
}

}  // namespace mote::command
