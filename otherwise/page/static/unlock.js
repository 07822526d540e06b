// Sent to who has the cookie with the token. A link on another site leaves the cookie behind on its
// first step alone, so the page is asked for once more, from here; its state is in the fragment.
if (location.search !== "?again") location.replace(`/?again${location.hash}`);
