// Gives the job dashboard, which is not ours, the token its buttons must send.
window.jQuery.ajaxSetup({ headers: { "X-CSRFToken": document.currentScript.dataset.token } });
