// Only where the browser can tell a position: fills the form in and sends it. The page works without.
const button = document.getElementById("use-position");
const problem = document.getElementById("position-problem");
if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // Two places are about a kilometre: the address of the page shall not say where somebody lives.
        document.getElementById("lat").value = coords.latitude.toFixed(2);
        document.getElementById("lon").value = coords.longitude.toFixed(2);
        document.getElementById("position").submit();
      },
      () => {
        button.disabled = false;
        problem.hidden = false;
      },
      { maximumAge: 600000, timeout: 15000 },
    );
  });
}
