#include <mote/gateway/detail/own_writes.hpp>

#include <algorithm>
#include <utility>

namespace mote::gateway::detail {
namespace {

// A table that has not heard of a write for so long follows another bucket than the one that was written to.
constexpr std::chrono::minutes longest{1};

}  // namespace

void own_writes::add(const functions::function_name& name, kv::revision at,
                     std::optional<functions::stored_function> last) {
    auto& kept = writes_[name];
    if (kept.at > at) return;  // what was written after it was answered before it
    kept.at = at;
    kept.last = std::move(last);
    kept.time = clock::now();
}

void own_writes::forget_what_is_known(const functions::function_table& table) {
    const auto oldest = clock::now() - longest;
    std::erase_if(writes_,
                  [&](const auto& one) { return one.second.at <= table.revision() || one.second.time < oldest; });
}

std::vector<const functions::stored_function*> own_writes::functions_in(const functions::function_table& table,
                                                                        std::string_view space) {
    forget_what_is_known(table);
    std::vector<const functions::stored_function*> found;
    for (const auto& [name, stored] : table.all())
        if (name.space == space && !writes_.contains(name)) found.push_back(&stored);
    for (const auto& [name, one] : writes_)
        if (name.space == space && one.last) found.push_back(&*one.last);
    const auto by_name = [](const functions::stored_function* one) -> const std::string& {
        return one->what.wanted.service;
    };
    std::ranges::sort(found, {}, by_name);
    return found;
}

const functions::stored_function* own_writes::find(const functions::function_table& table,
                                                   const functions::function_name& name) {
    forget_what_is_known(table);
    const auto written = writes_.find(name);
    if (written == writes_.end()) return table.find(name);
    return written->second.last ? &*written->second.last : nullptr;
}

}  // namespace mote::gateway::detail
