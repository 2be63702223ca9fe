#include <mote/json/detail/reader.hpp>

#include <mote/json/detail/number.hpp>

#include <algorithm>
#include <array>

namespace mote::json::detail {
namespace {

constexpr std::size_t most_levels = 1000;
constexpr std::size_t most_rereadings = 64;  // of the whole text, by alternatives that fail
constexpr std::size_t least_memory = std::size_t{64} * 1024 * 1024;
constexpr std::size_t memory_of_byte = 64;

/// Peers write members in an order that seldom changes: `guess` is nearly always right.
std::size_t find(std::span<const member_entry> members, std::string_view name, std::size_t guess) noexcept {
    if (guess < members.size() && members[guess].name == name) return guess;
    std::size_t index = 0;
    while (index < members.size() && members[index].name != name) ++index;
    return index;
}

std::string elements(std::size_t count) { return std::to_string(count) + (count == 1 ? " element" : " elements"); }

}  // namespace

reader::reader(std::string_view text, std::size_t max_depth) noexcept
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), max_depth_(std::min(max_depth, most_levels)) {}

bool reader::start(std::size_t max_size, std::size_t max_memory) {
    const auto size = static_cast<std::size_t>(end_ - begin_);
    max_memory_ = max_memory != 0 ? max_memory : least_memory + memory_of_byte * size;
    if (max_size != 0 && size > max_size)
        return fail_always(errc::too_large,
                           "expected at most " + std::to_string(max_size) + " bytes, got " + std::to_string(size));
    skip_space();
    return at_ != end_ || fail_always(errc::syntax, "no JSON: empty");
}

bool reader::finish() {
    skip_space();
    return at_ == end_ || fail_syntax("the end");
}

void reader::skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
}

kind reader::peek() noexcept {
    skip_space();
    if (at_ == end_) return kind::none;
    switch (*at_) {
        case '{': return kind::object;
        case '[': return kind::array;
        case '"': return kind::string;
        case 't':
        case 'f': return kind::boolean;
        case 'n': return kind::null;
        default: return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? kind::number : kind::none;
    }
}

bool reader::open(kind wanted) {
    if (peek() != wanted) return fail_kind(wanted == kind::array ? "an array" : "an object");
    if (++depth_ > max_depth_)
        return fail_always(errc::too_deep, "expected at most " + std::to_string(max_depth_) +
                                               " levels, got more at byte " + std::to_string(offset()));
    ++at_;
    return true;
}

bool reader::next(char close, bool first, bool& more) {
    skip_space();
    more = at_ == end_ || *at_ != close;
    if (!more) {
        ++at_;
        --depth_;
        return true;
    }
    if (first) return true;  // whoever reads the element sees what is wrong
    if (at_ == end_ || *at_ != ',') return fail_syntax(close == ']' ? "',' or ']'" : "',' or '}'");
    ++at_;
    return true;
}

bool reader::key(std::string_view& name) {
    skip_space();
    if (at_ == end_ || *at_ != '"') return fail_syntax("a name in quotes");
    if (!view(name)) return false;
    skip_space();
    if (at_ == end_ || *at_ != ':') return fail_syntax("':'");
    ++at_;
    return true;
}

bool reader::allot(std::size_t bytes) {
    allotted_ += bytes;
    return allotted_ <= max_memory_ ||
           fail_always(errc::too_large, "expected at most " + std::to_string(max_memory_) +
                                            " bytes of values in memory, got more at byte " + std::to_string(offset()));
}

bool reader::array(std::size_t element, void* into, bool (*read)(reader&, void*, std::size_t)) {
    if (!open(kind::array)) return false;
    place here(here_);
    for (std::size_t index = 0;; ++index) {
        bool more = false;
        here.at_itself();
        if (!next(']', index == 0, more)) return false;
        if (!more) return true;
        here.at(index);
        if (!allot(element) || !read(*this, into, index)) return false;
    }
}

bool reader::array_of(std::size_t size, void* into, bool (*read)(reader&, void*, std::size_t)) {
    if (!open(kind::array)) return false;
    place here(here_);
    for (std::size_t index = 0;; ++index) {
        bool more = false;
        here.at_itself();
        if (!next(']', index == 0, more)) return false;
        if (more != (index < size)) {
            const auto count = more ? std::string("more") : std::to_string(index);
            return fail(errc::bad_value, "expected an array of " + elements(size) + ", got " + count);
        }
        if (!more) return true;
        here.at(index);
        if (!read(*this, into, index)) return false;
    }
}

bool reader::object(std::size_t element, void* into, bool (*read)(reader&, void*, std::string_view)) {
    if (!open(kind::object)) return false;
    place here(here_);
    std::string kept;
    for (bool first = true;; first = false) {
        bool more = false;
        here.at_itself();
        if (!next('}', first, more)) return false;
        if (!more) return true;
        std::string_view name;
        if (!key(name)) return false;
        if (name.data() == unescaped_.data()) name = kept = name;  // the value may have escapes too
        here.at(name);
        if (!allot(element) || !read(*this, into, name)) return false;
    }
}

bool reader::structure(void* into, std::span<const member_entry> members) {
    if (!open(kind::object)) return false;
    place here(here_);
    std::array<std::uint64_t, 4> seen{};
    std::size_t guess = 0;
    for (bool first = true;; first = false) {
        bool more = false;
        here.at_itself();
        if (!next('}', first, more)) return false;
        if (!more) break;
        std::string_view name;
        if (!key(name)) return false;
        const std::size_t index = find(members, name, guess);
        if (index == members.size()) {
            if (!skip()) return false;
            continue;
        }
        guess = index + 1;
        const std::uint64_t bit = std::uint64_t{1} << index % 64;
        if ((seen[index / 64] & bit) != 0 && members[index].reset != nullptr) members[index].reset(into);
        seen[index / 64] |= bit;
        here.at(members[index].name);
        if (!members[index].read(*this, into)) return false;
    }
    for (std::size_t index = 0; index < members.size(); ++index) {
        if (!members[index].required || (seen[index / 64] >> index % 64 & 1U) != 0) continue;
        here.at(members[index].name);
        return fail(errc::missing_member, "missing");
    }
    return true;
}

bool reader::alternatives(void* variant, std::span<const alternative> all) {
    const kinds next = set_of(peek());
    const auto fits = [next](const alternative& each) { return (each.accepts & next) != 0; };
    const auto candidates = std::ranges::count_if(all, fits);
    if (candidates == 0) {
        kinds accepted = 0;
        for (const alternative& each : all) accepted |= each.accepts;
        return fail_kinds(accepted);
    }
    // With one candidate its own error says most.
    if (candidates == 1) return std::ranges::find_if(all, fits)->read(*this, variant);

    const char* const begin = at_;
    const std::size_t depth = depth_;
    const std::size_t allotted = allotted_;
    for (const alternative& each : all) {
        if (!fits(each)) continue;
        ++trials_;
        const bool read = each.read(*this, variant);
        --trials_;
        if (read || hopeless_) return read;
        reread_ += static_cast<std::size_t>(at_ - begin);
        at_ = begin;
        depth_ = depth;
        allotted_ = allotted;  // what had been made is gone
        if (reread_ / most_rereadings > static_cast<std::size_t>(end_ - begin_))
            return fail_always(errc::too_complex, "expected a value with fewer alternatives to try");
    }
    if (trials_ > 0) return false;
    std::string found;
    if (!got(found)) return false;
    return fail(errc::no_alternative, "expected one of " + std::to_string(candidates) + " alternatives, got " + found);
}

bool reader::skip() {
    std::string_view ignored;
    const kind next_kind = peek();
    switch (next_kind) {
        case kind::null: return literal("null");
        case kind::boolean: return literal(*at_ == 't' ? "true" : "false");
        case kind::string: return view(ignored);
        case kind::number: return number(ignored);
        case kind::none: return fail_syntax("a value");
        case kind::array:
        case kind::object: break;
    }
    if (!open(next_kind)) return false;
    for (bool first = true;; first = false) {
        bool more = false;
        if (!next(next_kind == kind::array ? ']' : '}', first, more)) return false;
        if (!more) return true;
        if (next_kind == kind::object && !key(ignored)) return false;
        if (!skip()) return false;
    }
}

bool reader::raw(std::string& text) {
    skip_space();
    const char* const begin = at_;
    if (!skip()) return false;
    text.assign(begin, at_);
    return true;
}

}  // namespace mote::json::detail
