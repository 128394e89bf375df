// The two buttons under an answer say thank you in their place. Without this file, a page does.

document.querySelectorAll("form.judging").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = new URLSearchParams(new FormData(form, event.submitter));
    const send = () => fetch(form.getAttribute("action"), { method: "POST", body: said });
    const response = await send().catch(() => null);
    if (!response?.ok) {
      const chosen = document.createElement("input");
      Object.assign(chosen, { type: "hidden", name: "helpful", value: said.get("helpful") });
      form.append(chosen);
      form.submit(); // the page then says what is wrong
      return;
    }
    const thanks = document.createElement("p");
    thanks.className = "thanked";
    thanks.tabIndex = -1;
    thanks.setAttribute("role", "status");
    thanks.textContent = form.dataset.thanks;
    form.replaceWith(thanks);
    thanks.focus(); // the button that had it is gone
  });
});
