#include <mote/gateway/detail/failure_table.hpp>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

namespace mote::gateway::detail {
namespace {

constexpr std::size_t prefix_bytes = 8;

template <class Bytes>
std::string text_of(const Bytes& bytes, std::size_t count) {
    return {reinterpret_cast<const char*>(bytes.data()), count};
}

}  // namespace

std::string peer_key(std::string_view address) {
    boost::system::error_code none;
    const auto parsed = boost::asio::ip::make_address(address, none);
    if (none) return std::string(address);
    if (parsed.is_v4()) return text_of(parsed.to_v4().to_bytes(), 4);
    const auto whole = parsed.to_v6();
    if (whole.is_v4_mapped())
        return text_of(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, whole).to_bytes(), 4);
    return text_of(whole.to_bytes(), prefix_bytes);
}

failure_table::failure_table(std::size_t most, std::size_t max_peers)
    : most_(most), max_peers_(std::max<std::size_t>(max_peers, 1)) {}

std::chrono::seconds failure_table::wait_of(std::string_view peer, clock::time_point now) const {
    if (counts_.empty()) return std::chrono::seconds(0);
    const auto found = counts_.find(peer_key(peer));
    if (found == counts_.end() || found->second.failures < most_) return std::chrono::seconds(0);
    return std::max(std::chrono::ceil<std::chrono::seconds>(found->second.began + window - now),
                    std::chrono::seconds(0));
}

void failure_table::failed(std::string_view peer, clock::time_point now) {
    if (most_ == 0) return;
    auto key = peer_key(peer);
    auto found = counts_.find(key);
    if (found == counts_.end()) {
        if (counts_.size() >= max_peers_) make_room(now);
        found = counts_.emplace(std::move(key), count{now, 0}).first;
    } else if (now - found->second.began >= window) {
        found->second = {now, 0};
    }
    ++found->second.failures;
}

void failure_table::make_room(clock::time_point now) {
    std::erase_if(counts_, [&](const auto& each) { return now - each.second.began >= window; });
    if (counts_.size() < max_peers_) return;
    counts_.erase(std::ranges::min_element(counts_, {}, [](const auto& each) { return each.second.began; }));
}

}  // namespace mote::gateway::detail
