#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// Which endpoints an INFO or STATS request asks for: `{"offset":0,"limit":500}` as its payload, for a service that has
/// more than fit into a message (docs/protocol.md). Every other payload asks for all, as ADR-32 has it.
struct page {
    std::size_t offset = 0;
    std::size_t limit = std::numeric_limits<std::size_t>::max();

    bool is_all() const noexcept { return offset == 0 && limit == std::numeric_limits<std::size_t>::max(); }
};

page parse_page(std::string_view payload);
std::string page_json(const page& part);

}  // namespace mote::micro::detail
