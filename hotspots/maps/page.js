// Joins the map and the list: labels, numbered pins, popups, and "click the list, see the place".
// Popups arrive as escaped HTML; everything else from the data goes through textContent.

function startHotspotPage(map, areas, hotspots, excluded) {
  "use strict";

  const NUMBERS_FROM_ZOOM = 11.5; // below it, 300 numbered pins would hide London
  const CLOSE_ZOOM = 15; // near enough to see the ground to walk, and what lies around it
  const PIN = 24;
  const EM = parseFloat(getComputedStyle(document.documentElement).fontSize);

  const layerOfHotspot = new Map();
  const layerOfArea = new Map();
  const buttons = new Map();
  const details = new Map();

  function text(tag, words) {
    const element = document.createElement(tag);
    element.textContent = words;
    return element;
  }

  function middle(layer) {
    return L.latLng(layer.feature.properties.middle);
  }

  function openHotspot(layer) {
    layer.openPopup(middle(layer));
  }

  // Areas: a name under the mouse, and a name on the map wherever it fits into the area.
  const names = [];
  areas.eachLayer(function (layer) {
    const name = layer.feature.properties.name;
    layerOfArea.set(layer.feature.id, layer);
    layer.bindTooltip(text("span", name), { sticky: true });
    const label = L.tooltip(middle(layer), {
      permanent: true, direction: "center", className: "area-name", interactive: false,
      content: text("span", name),
    });
    names.push({ layer: layer, label: label.addTo(map) });
  });

  // Ground that analysts have excluded: an outline, and in words why it has no hotspot.
  excluded.eachLayer(function (layer) {
    layer.bindTooltip(text("span", "Excluded by an analyst: click for more"), { sticky: true });
    layer.bindPopup(layer.feature.properties.popup, { minWidth: 14 * EM, maxWidth: 26 * EM });
  });

  // Hotspots: the ground itself is too small to see on a map of London, so each has a pin.
  hotspots.eachLayer(function (layer) {
    const facts = layer.feature.properties;
    layerOfHotspot.set(layer.feature.id, layer);
    layer.bindPopup(facts.popup, {
      minWidth: 22 * EM, maxWidth: 30 * EM, offset: [0, -PIN / 3],
      maxHeight: map.getSize().y - 80, // room for the pin below and the edge above
    });
    const face = text("span", facts.rank);
    face.style.background = facts.colour;
    face.style.color = facts.text;
    L.marker(middle(layer), {
      icon: L.divIcon({ className: "pin", html: face, iconSize: [PIN, PIN] }),
      keyboard: false, // the list is the way in for the keyboard
      zIndexOffset: 1000 * facts.class,
      title: facts.name,
    }).on("click", function () { openHotspot(layer); }).addTo(map);
    layer.on("popupopen", function () { mark(layer, true); });
    layer.on("popupclose", function () { mark(layer, false); });
  });

  function mark(layer, isOpen) {
    const button = buttons.get(layer.feature.id);
    button.toggleAttribute("aria-current", isOpen);
    if (isOpen) {
      button.closest("details").open = true;
      button.scrollIntoView({ block: "nearest" });
    }
  }

  // The list.
  document.querySelectorAll("[data-hotspot]").forEach(function (button) {
    buttons.set(button.dataset.hotspot, button);
    button.addEventListener("click", function () {
      const layer = layerOfHotspot.get(button.dataset.hotspot);
      map.setView(middle(layer), CLOSE_ZOOM, { animate: false });
      openHotspot(layer);
    });
  });
  document.querySelectorAll("[data-area]").forEach(function (element) {
    details.set(element.dataset.area, element);
    element.querySelector("summary").addEventListener("click", function () {
      const layer = layerOfArea.get(element.dataset.area);
      if (!element.open && layer) {
        map.closePopup();
        map.fitBounds(layer.getBounds(), { padding: [20, 20], animate: false });
      }
    });
  });
  const start = { center: map.getCenter(), zoom: map.getZoom() };
  document.getElementById("show-all").addEventListener("click", function () {
    map.closePopup();
    map.setView(start.center, start.zoom, { animate: false });
  });

  // What to show at which zoom.
  function fitToZoom() {
    map.getContainer().classList.toggle("overview", map.getZoom() < NUMBERS_FROM_ZOOM);
    names.forEach(function (item) {
      const bounds = item.layer.getBounds();
      const width = map.latLngToContainerPoint(bounds.getNorthEast()).x
        - map.latLngToContainerPoint(bounds.getSouthWest()).x;
      const element = item.label.getElement();
      element.classList.toggle("hidden", element.offsetWidth > width);
    });
  }
  map.on("zoomend", fitToZoom);
  fitToZoom();

  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
}
