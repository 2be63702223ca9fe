#pragma once

#include <mote/functions/function_table.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// What this gateway has written and the table of all functions has not heard of yet, which takes a moment. With it a list
/// shows what was deployed just before it.
class own_writes {
public:
    /// `last` is what this gateway wrote of a function; nothing: it is deleted from revision `at` on.
    void add(const functions::function_name& name, kv::revision at, std::optional<functions::stored_function> last);

    /// The functions of a namespace by name, as the table has them or as they were written since. Good until either changes.
    std::vector<const functions::stored_function*> functions_in(const functions::function_table& table,
                                                                std::string_view space);
    /// Null when there is none.
    const functions::stored_function* find(const functions::function_table& table,
                                           const functions::function_name& name);

    std::size_t size() const noexcept { return writes_.size(); }

private:
    using clock = std::chrono::steady_clock;
    struct write {
        kv::revision at = 0;
        std::optional<functions::stored_function> last{};
        clock::time_point time{};
    };

    void forget_what_is_known(const functions::function_table& table);

    std::map<functions::function_name, write> writes_;
};

}  // namespace mote::gateway::detail
