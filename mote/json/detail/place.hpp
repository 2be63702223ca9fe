#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::json::detail {

/// Where in a value reading or writing is: a chain of these, one a level, from the innermost outwards, on the stack. It
/// costs two stores an element while all goes well, and an error has its path.
class place {
public:
    explicit place(const place*& innermost) noexcept : innermost_(innermost), outer_(innermost) { innermost_ = this; }
    ~place() { innermost_ = outer_; }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// The text of `name` has to stay until the next call.
    void at(std::string_view name) noexcept {
        name_ = name;
        step_ = step::member;
    }
    void at(std::size_t index) noexcept {
        index_ = index;
        step_ = step::element;
    }
    /// At the array or object itself.
    void at_itself() noexcept { step_ = step::none; }

private:
    friend std::string path_of(const place* innermost);
    enum class step { none, member, element };

    const place*& innermost_;
    const place* outer_;
    std::string_view name_;
    std::size_t index_ = 0;
    step step_ = step::none;
};

/// `posts[3].score`; what is no identifier is quoted: `scores["a b"]`.
std::string path_of(const place* innermost);

}  // namespace mote::json::detail
